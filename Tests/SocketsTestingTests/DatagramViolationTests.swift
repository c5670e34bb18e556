import Sockets
import SocketsTesting
import Testing

/// That the contract finds out whoever does not keep it. (Who does is in SocketsTests.)
@Suite(.timeLimit(.minutes(1))) struct DatagramViolationTests {
  @Test func `datagrams that are cut without a word are found out`() async throws {
    let name = "a datagram that exceeds the room is cut, and says how long it was"
    let rule = try #require(DatagramContract.rules.first { $0.description == name })
    let violation = await #expect(throws: ContractViolation.self) {
      try await rule.check { reactor in
        let (near, far) = try await UDPSocket.pair(on: reactor)
        return (silentlyCut(near), silentlyCut(far))
      }
    }
    #expect(violation?.rule == name)
  }

  private func silentlyCut(_ socket: UDPSocket) -> DatagramEnd {
    DatagramEnd {
      try await socket.send($0, deadline: $1)
    } receive: {
      let datagram = try await socket.receive(upTo: $0, deadline: $1)
      return (datagram.payload, datagram.payload.count)
    } close: {
      socket.close()
    }
  }
}
