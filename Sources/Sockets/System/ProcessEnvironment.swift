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

  /// The time on the clock by which systemd orders reloads, in microseconds.
  ///
  /// C: `clock_gettime(2)` with `CLOCK_MONOTONIC`.
  static var monotonicMicroseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
