@testable import Sockets

/// An observer that keeps what it is told, of the sockets of all tests that run at the time.
final class EventLog: SocketObserver {
  let stallThreshold: Duration?
  private let events = Lock<[SocketEvent]>([])

  init(stallThreshold: Duration? = nil) { self.stallThreshold = stallThreshold }

  func observe(_ event: SocketEvent) { events.withLock { $0.append(event) } }

  /// Everything.
  var all: [SocketEvent] { events.withLock { $0 } }

  /// What was told of one socket.
  func events(of registration: Registration) -> [SocketEvent] {
    all.filter { event in
      switch event {
      case .opened(let socket), .closed(let socket, _), .acceptPaused(let socket, _):
        socket.id == registration.identity?.id
      case .stalled: false
      }
    }
  }

  /// How a socket was opened.
  func openings(of registration: Registration) -> [SocketIdentity] {
    events(of: registration).compactMap { if case .opened(let socket) = $0 { socket } else { nil } }
  }

  /// How a socket was closed.
  func closings(of registration: Registration) -> [SocketEvent.Closing] {
    events(of: registration).compactMap {
      if case .closed(_, let closing) = $0 { closing } else { nil }
    }
  }

  /// How a listener paused.
  func pauses(of registration: Registration) -> [SocketEvent.AcceptPause] {
    events(of: registration).compactMap {
      if case .acceptPaused(_, let pause) = $0 { pause } else { nil }
    }
  }

  /// The stalls of one reactor.
  func stalls(of reactor: String) -> [SocketEvent.Stall] {
    all.compactMap {
      if case .stalled(let stall) = $0, stall.reactor == reactor { stall } else { nil }
    }
  }
}

/// Lends an observer that is told of everything meanwhile.
///
/// - Parameters:
///   - stallThreshold: Which stalls it wants to know of.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error.
func withEventLog<Result>(
  stallThreshold: Duration? = nil,
  _ body: nonisolated(nonsending) (EventLog) async throws -> Result
) async throws -> Result {
  let log = EventLog(stallThreshold: stallThreshold)
  try Reactor.addObserver(log)
  defer { Reactor.removeObserver(log) }
  return try await body(log)
}

extension SocketConnection {
  var registration: Registration { stream.registration }
}

extension SocketListener {
  var registration: Registration { acceptor.registration }
}

extension DatagramSocket {
  var registration: Registration { port.registration }
}
