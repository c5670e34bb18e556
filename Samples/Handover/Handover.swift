import Glibc
import SampleSupport
import Sockets
import Synchronization

/// A server that is replaced while it runs: without a client that is refused or reset.
@main
struct Handover {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let arguments = try Arguments(words)
      let sockets = try await Inheritance.obtain(arguments.control, arguments.address)
      try await Handover(sockets: sockets, grace: arguments.grace).run()
    }
  }

  let sockets: Inheritance

  /// How long connections may go on at the end.
  let grace: Duration

  /// Serves until a successor does, or a signal comes.
  func run() async throws {
    try ShutdownSignal.install()  // before anybody can know that the server runs
    let body = "\(getpid())\n"
    let ending = Ending(sockets, grace: grace)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await sockets.listener.serve { connection in
          try await Answering.answer(connection, with: body)
        }
        return true
      }
      group.addTask {
        // Nobody is lost: up to here the predecessor accepts, then both do, and then this one alone.
        try await sockets.confirm()
        Program.printLine("listening on \(sockets.listener.localAddress), process \(getpid())")
        try await ServiceNotification.send(.ready, .mainProcess())
        for try await successor in sockets.control.connections {
          defer { successor.close() }
          guard ending.mayShare() else { continue }
          ending.note(successorServes: await sockets.offer(to: successor))
        }
        return false
      }
      group.addTask {
        try await ShutdownSignal.wait()
        ending.begin()
        try await ServiceNotification.send(.stopping)
        return false
      }
      // The server ends last, when all its clients have been answered.
      while try await group.next() == false {}
      group.cancelAll()
    }
  }
}

/// How the process ends: with its sockets, or without those that another process has as well.
final class Ending: Sendable {
  private enum State { case alone, shared, over }

  private let state = Mutex(State.alone)
  private let sockets: Inheritance
  private let grace: Duration

  init(_ sockets: Inheritance, grace: Duration) {
    self.sockets = sockets
    self.grace = grace
  }

  /// Whether a successor may be given the sockets: not once they are about to be closed for all.
  func mayShare() -> Bool {
    state.withLock { state in
      guard state == .alone else { return false }
      state = .shared
      return true
    }
  }

  /// Takes note of whether the successor serves, or has died before it did.
  func note(successorServes: Bool) {
    state.withLock { state in
      guard state == .shared else { return }
      if successorServes { leave(&state) } else { state = .alone }
    }
  }

  /// Ends: a signal has come.
  func begin() {
    state.withLock { state in
      switch state {
      case .alone:
        state = .over
        sockets.control.close()
        sockets.listener.drain(grace: grace)
      case .shared: leave(&state)
      case .over: break
      }
    }
  }

  /// Leaves the sockets as they are to the other process.
  private func leave(_ state: inout State) {
    state = .over
    sockets.listener.handOver(grace: grace)
    sockets.control.handOver(grace: .zero)
  }
}
