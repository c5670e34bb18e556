internal import Glibc

/// What the process was started with.
enum ProcessEnvironment {
  /// A variable's value; `nil` if it is not set.
  ///
  /// C: `getenv(3)`.
  static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The process's number.
  ///
  /// C: `getpid(2)`.
  static var processID: Int32 { getpid() }
}
