import CSockets
import Glibc
import SocketsTesting

@testable import Sockets

/// Follows every descriptor that a reactor and its sockets make, from birth to close.
///
/// Exact even while other tests run, since it watches one table of system calls and not the process.
final class DescriptorLedger: Sendable {
  private struct State {
    var open: Set<Int32> = []
    /// Each as an epoll and what it watches.
    var watched: Set<[Int32]> = []
    var opened = 0
    var faults: [String] = []
  }

  private let state = Lock(State())

  /// The descriptors that are open now.
  var open: Set<Int32> { state.withLock { $0.open } }

  /// How many descriptors were opened so far.
  var opened: Int { state.withLock { $0.opened } }

  /// What was wrong: a descriptor without its flags at birth, a close of what was not open, or of what epoll still
  /// watched.
  var faults: [String] { state.withLock { $0.faults } }

  /// A table of system calls that keeps this ledger.
  ///
  /// - Parameter calls: The calls that do the work.
  /// - Returns: The table.
  func kernel(_ calls: SystemCalls = SystemCalls()) -> Kernel {
    var noting = calls
    noting.socket = { self.born(calls.socket($0, $1, $2), by: "socket") }
    unsafe noting.accept = { fd, address, length, flags in
      unsafe self.born(calls.accept(fd, address, &length, flags), by: "accept4")
    }
    noting.duplicate = { self.born(calls.duplicate($0), by: "dup", blocking: true) }
    noting.epollCreate = { self.born(calls.epollCreate(), by: "epoll_create1", blocking: true) }
    unsafe noting.openDirectory = { path in
      unsafe self.born(calls.openDirectory(path), by: "open")
    }
    noting.socketPair = { family, type, number, pair in
      let result = calls.socketPair(family, type, number, &pair)
      for index in 0..<2 where result >= 0 { _ = self.born(Int(pair[index]), by: "socketpair") }
      return result
    }
    noting.pipe = { ends in
      let result = calls.pipe(&ends)
      for index in 0..<2 where result >= 0 { _ = self.born(Int(ends[index]), by: "pipe2") }
      return result
    }
    noting.eventCreate = { self.born(calls.eventCreate($0), by: "eventfd") }
    noting.epollControl = { epoll, operation, fd, events, token in
      let result = calls.epollControl(epoll, operation, fd, events, token)
      // The wake-up of a reactor goes with its epoll.
      guard result >= 0, token != .max else { return result }
      self.state.withLock { state in
        if operation == EPOLL_CTL_DEL {
          state.watched.remove([epoll, fd])
        } else {
          state.watched.insert([epoll, fd])
        }
      }
      return result
    }
    noting.close = { fd in
      // Noted first: as soon as it is closed, another thread may be given the number.
      self.state.withLock {
        if $0.open.remove(fd) == nil { $0.faults.append("close of \(fd), which was not open") }
        $0.watched = $0.watched.filter { $0[0] != fd }
        if $0.watched.contains(where: { $0[1] == fd }) {
          $0.faults.append("close of \(fd), which epoll watches")
        }
      }
      return calls.close(fd)
    }
    return Kernel(noting)
  }

  private func born(_ result: Int, by call: String, blocking: Bool = false) -> Int {
    guard let number = Int32(exactly: result), number >= 0 else { return result }
    let isCloseOnExec = DescriptorAudit.isCloseOnExec(number)
    let isNonBlocking = blocking || DescriptorAudit.isNonBlocking(number)
    state.withLock {
      $0.open.insert(number)
      $0.opened += 1
      if !isCloseOnExec { $0.faults.append("\(call) without close-on-exec") }
      if !isNonBlocking { $0.faults.append("\(call) without non-blocking") }
    }
    return result
  }
}
