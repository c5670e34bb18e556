import Glibc

@testable import Sockets

/// What a scripted system call answers, call by call; afterwards the kernel answers.
final class Script: Sendable {
  private let state: Lock<(answers: [Int?], calls: Int)>

  /// Writes a script.
  ///
  /// - Parameter answers: The results of the first calls; `nil` lets the kernel answer that one.
  init(_ answers: [Int?]) { state = Lock((answers, 0)) }

  /// Writes a script of error numbers.
  ///
  /// - Parameter errors: The error numbers of the first calls.
  convenience init(errors: Int32...) { self.init(errors.map { -Int($0) }) }

  /// How often the call was made so far.
  var calls: Int { state.withLock { $0.calls } }

  /// Takes the next answer.
  ///
  /// - Returns: The answer; `nil` if it is the kernel's to give.
  func next() -> Int? {
    state.withLock { state in
      defer { state.calls += 1 }
      return state.calls < state.answers.count ? state.answers[state.calls] : nil
    }
  }
}

/// `EPOLL_CTL_ADD`, which the Glibc module lacks (epoll_ctl(2)).
let epollAdd: Int32 = 1

/// A switch that any thread may turn.
final class Switch: Sendable {
  private let state: Lock<Bool>

  init(_ isOn: Bool = false) { state = Lock(isOn) }

  var isOn: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

extension SystemCalls {
  /// A table in which every call is interrupted by a signal each time before it does its work; `connect`
  /// and `close` do it all the same, as on Linux.
  static var interrupted: SystemCalls {
    let real = SystemCalls()
    let calls = Counter()
    @Sendable func isInterrupted() -> Bool { !calls.increment().isMultiple(of: 2) }
    let interruption = -Int(EINTR)
    var table = real
    table.socket = { isInterrupted() ? interruption : real.socket($0, $1, $2) }
    unsafe table.bind = { isInterrupted() ? interruption : unsafe real.bind($0, $1) }
    table.listen = { isInterrupted() ? interruption : real.listen($0, $1) }
    unsafe table.accept = {
      isInterrupted() ? interruption : unsafe real.accept($0, $1, &$2, $3)
    }
    unsafe table.connect = {
      let result = unsafe real.connect($0, $1)
      return result == 0 || result == -Int(EINPROGRESS) ? interruption : result
    }
    table.shutdown = { isInterrupted() ? interruption : real.shutdown($0, $1) }
    table.close = {
      _ = real.close($0)
      return interruption
    }
    table.duplicate = { isInterrupted() ? interruption : real.duplicate($0) }
    unsafe table.recv = { isInterrupted() ? interruption : unsafe real.recv($0, $1, $2) }
    unsafe table.send = { isInterrupted() ? interruption : unsafe real.send($0, $1, $2) }
    unsafe table.sendmsg = { isInterrupted() ? interruption : unsafe real.sendmsg($0, $1, $2) }
    unsafe table.getOption = {
      isInterrupted() ? interruption : unsafe real.getOption($0, $1, $2, $3, &$4)
    }
    unsafe table.setOption = {
      isInterrupted() ? interruption : unsafe real.setOption($0, $1, $2, $3)
    }
    unsafe table.localName = { isInterrupted() ? interruption : unsafe real.localName($0, $1, &$2) }
    table.epollCreate = { isInterrupted() ? interruption : real.epollCreate() }
    table.epollControl = {
      isInterrupted() ? interruption : real.epollControl($0, $1, $2, $3, $4)
    }
    unsafe table.epollWait = { isInterrupted() ? interruption : unsafe real.epollWait($0, $1, $2) }
    table.eventCreate = { isInterrupted() ? interruption : real.eventCreate($0) }
    table.eventRead = { isInterrupted() ? interruption : real.eventRead($0) }
    table.eventWrite = { isInterrupted() ? interruption : real.eventWrite($0) }
    return table
  }
}
