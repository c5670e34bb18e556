import Sockets

/// The log, and a thread of its own that writes it: the calls block for as long as the disk takes, and
/// neither the server's reactor nor Swift's task pool has a thread to spare for that.
package actor Journal {
  /// When what was written has to be on the disk.
  package enum Synchronization: String {
    /// Before a client is told that it is done.
    case always
    /// Within a second. If the process dies, nothing is lost; if the machine does, a second is.
    case everysec
    /// When the system sees fit.
    case no
  }

  private let thread: Reactor
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.unownedExecutor }

  private let file: LogFile
  private let synchronization: Synchronization

  package init(_ file: consuming LogFile, _ synchronization: Synchronization) throws {
    thread = try Reactor(name: "journal")
    self.file = file
    self.synchronization = synchronization
  }

  /// Adds requests to the log.
  func append(_ requests: [UInt8]) throws {
    try file.append(requests)
    if synchronization == .always { try file.synchronize() }
  }

  /// Waits until everything is on the disk.
  func synchronize() throws { try file.synchronize() }
}
