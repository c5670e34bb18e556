import Sockets
import SocketsTesting
import Testing

private func echo(_ listener: TCPListener) async throws {
  try await listener.serve(onFailure: { print("\($0.remoteAddress): \($1)") }) { connection in
    for try await chunk in connection.chunks { try await connection.write(chunk) }
  }
}

private actor Peers {
  private var peers: [SocketAddress: AsyncStream<String>.Continuation] = [:]

  func add(_ address: SocketAddress) -> AsyncStream<String> {
    let (messages, peer) = AsyncStream.makeStream(
      of: String.self,
      bufferingPolicy: .bufferingNewest(1_000)
    )
    peers[address] = peer
    return messages
  }

  func remove(_ address: SocketAddress) { peers[address] = nil }

  func broadcast(_ message: String, from sender: SocketAddress) {
    print(message)
    for (address, peer) in peers where address != sender { peer.yield(message) }
  }
}

private func chat(_ listener: TCPListener) async throws {
  let peers = Peers()
  try await listener.serve { connection in
    let address = connection.remoteAddress
    try await connection.write("Please enter your username:\n")
    var names = connection.lines().makeAsyncIterator()
    guard let name = try await names.next() else { return }
    let messages = await peers.add(address)
    await peers.broadcast("\(name) has joined the chat", from: address)
    do {
      try await withThrowingTaskGroup { group in
        group.addTask {
          for await message in messages { try await connection.write("\(message)\n") }
        }
        group.addTask {
          for try await line in connection.lines() {
            await peers.broadcast("\(name): \(line)", from: address)
          }
        }
        try await group.next()  // whichever ends first ends the other
        group.cancelAll()
      }
    } catch {
      print("\(name): \(error)")
    }
    await peers.remove(address)
    await peers.broadcast("\(name) has left the chat", from: address)
  }
}

private let print = Printed()

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromTokioTests {
  @Test func `bytes come back`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = echo(listener)
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write("hello")
    #expect(try await client.read(exactly: 5) == Array("hello".utf8))
    client.close()
    listener.drain(grace: .seconds(600))
    try await served
  }

  @Test func `everybody hears the others come, talk and leave`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = chat(listener)
    let first = try await TCPConnection.connect(to: listener.localAddress)
    var heard = first.lines().makeAsyncIterator()
    #expect(try await heard.next() == "Please enter your username:")
    try await first.write("Ann\n")
    // Who joins before she is announced hears of her.
    try await waitUntil { print.lines.contains("Ann has joined the chat") }
    let second = try await join(listener.localAddress, as: "Bob", heardBy: &heard)
    try await second.write("hello\n")
    #expect(try await heard.next() == "Bob: hello")
    try await first.write("welcome\n")
    #expect(try await second.read(until: 10) == Array("Ann: welcome".utf8))
    try await second.finish()
    #expect(try await heard.next() == "Bob has left the chat")
    #expect(try await second.read(upTo: 16) == nil)
    first.close()
    listener.drain(grace: .seconds(600))
    try await served
    #expect(print.lines.last == "Ann has left the chat")
  }

  /// Joins, once who is there already is sure to be told.
  private func join(
    _ address: SocketAddress,
    as name: String,
    heardBy heard: inout Frames<TCPConnection, LineFraming>.Iterator
  ) async throws -> TCPConnection {
    let connection = try await TCPConnection.connect(to: address)
    #expect(try await connection.read(until: 10) == Array("Please enter your username:".utf8))
    try await connection.write("\(name)\n")
    #expect(try await heard.next() == "\(name) has joined the chat")
    return connection
  }
}
