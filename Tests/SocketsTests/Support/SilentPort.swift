import Sockets

/// A port of this machine that does not answer: its listener's queue is full, so that the kernel drops
/// every further SYN.
struct SilentPort {
  let listener: TCPListener
  private let queued: [TCPConnection]

  init(over address: SocketAddress) async throws {
    listener = try await TCPListener.bind(to: address, backlog: 0)
    var queued: [TCPConnection] = []
    while true {
      do {
        queued.append(
          try await TCPConnection.connect(
            to: listener.localAddress,
            deadline: .now + .milliseconds(50)
          )
        )
      } catch let error as SocketError where error.code == .timedOut {
        break
      }
    }
    self.queued = queued
  }

  var address: SocketAddress { listener.localAddress }

  func close() {
    listener.close()
    for connection in queued { connection.close() }
  }
}
