import Sockets

extension SocketsServer {
  func echo(_ socket: UDPSocket) async throws {
    for try await datagram in socket.datagrams {
      try await socket.send(datagram.payload, to: datagram.sender)
    }
  }

  func echoInBatches(_ socket: UDPSocket) async throws {
    var incoming = ReceiveBatch(capacity: 64)
    var outgoing = SendBatch(capacity: 256)
    while true {
      try await socket.receiveBatch(into: &incoming)
      for index in incoming.indices {
        let sender = incoming.sender(at: index)
        while !incoming.withPayload(at: index, { outgoing.append($0, to: sender) }) {
          try await socket.sendBatch(&outgoing)
        }
      }
      try await socket.sendBatch(&outgoing)
    }
  }
}
