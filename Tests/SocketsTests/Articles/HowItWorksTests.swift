import Testing

@testable import Sockets

/// The snippets of the article on how it works, run.
@Suite(.timeLimit(.minutes(1))) struct HowItWorksTests {
  @Test func `a loop whose tasks run on their connections' reactors`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = withThrowingDiscardingTaskGroup { group in
      for try await connection in listener.connections {
        group.addTask(executorPreference: connection.reactor) { await echo(connection) }
      }
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write("hello")
    #expect(try await client.read(exactly: 5) == Array("hello".utf8))
    client.close()
    listener.close()
    try await served
  }

  @Test func `a reactor of one's own, which waits for another's descriptor too`() async throws {
    let reactor = try Reactor(name: "admin")
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
    #expect(listener.reactor === reactor)
    listener.close()

    let (near, far) = try UnixConnection.pair()
    let descriptor = near.descriptor
    try await far.write([1])
    try await reactor.waitUntilReadable(descriptor, deadline: .now + .seconds(5))
    #expect(try await near.read(upTo: 2) == [1])
    far.close()
  }
}

@Sendable private func echo(_ connection: TCPConnection) async {
  do {
    for try await chunk in connection.chunks { try await connection.write(chunk) }
  } catch {
    Issue.record(error)
  }
}
