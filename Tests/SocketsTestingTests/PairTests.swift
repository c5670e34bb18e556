import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct PairTests {
  @Test(arguments: [SocketAddress.loopback(port: 0), .loopbackIPv6(port: 0)])
  func `two UDP sockets have each other, and nobody else`(address: SocketAddress) async throws {
    let (near, far) = try await UDPSocket.pair(over: address)
    #expect(near.remoteAddress == far.localAddress)
    #expect(far.remoteAddress == near.localAddress)
    let stranger = try await UDPSocket.bind(to: address)
    try await stranger.send([1], to: near.localAddress)
    try await far.send([2])
    #expect(try await near.receive().payload == [2])
    try await near.send([3])
    #expect(try await far.receive().payload == [3])
  }
}
