import Sockets
import Synchronization
import Testing

private func echo(_ listener: TCPListener) async throws {
  let counter = Atomic(0)
  let crashed = { @Sendable (connection: TCPConnection, error: any Error) in
    print("\(connection.remoteAddress): crashed: \(error)")
  }
  try await listener.serve(onFailure: crashed) { connection in
    let ident = counter.wrappingAdd(1, ordering: .relaxed).oldValue
    print("echo \(ident): started")
    for try await data in connection.chunks {
      print("echo \(ident): received data \(data.count) bytes")
      try await connection.write(data)
    }
    print("echo \(ident): connection closed")
  }
}

private func client(_ address: SocketAddress, pause: Duration = .seconds(1)) async throws {
  print("parent: connecting to \(address)")
  try await TCPConnection.connect(to: address) { connection in
    try await withThrowingTaskGroup { group in
      print("parent: spawning sender...")
      group.addTask { try await send(connection, pause) }
      print("parent: spawning receiver...")
      group.addTask { try await receive(connection) }
      try await group.next()
      group.cancelAll()
    }
  }
}

private func send(_ connection: TCPConnection, _ pause: Duration) async throws {
  print("sender: started!")
  while true {
    try await connection.write("async can sometimes be confusing, but I believe in you!")
    try await Reactor.sleep(for: pause)
  }
}

private func receive(_ connection: TCPConnection) async throws {
  print("receiver: started!")
  for try await data in connection.chunks { print("receiver: got data \(data.count) bytes") }
  print("receiver: connection closed")
}

private let print = Printed()

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromTrioTests {
  @Test func `the server says what it gets, and when its client has left`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = echo(listener)
    let connection = try await TCPConnection.connect(to: listener.localAddress)
    try await connection.write("hello")
    #expect(try await connection.read(exactly: 5) == Array("hello".utf8))
    connection.close()
    listener.drain(grace: .seconds(600))
    try await served
    let lines = ["started", "received data 5 bytes", "connection closed"]
    #expect(print.lines.filter { $0.hasPrefix("echo 0") } == lines.map { "echo 0: \($0)" })
  }

  @Test func `the client sends until the server has ended`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let talked: Void = client(listener.localAddress, pause: .seconds(600))
    let connection = try await listener.accept()
    let words = "async can sometimes be confusing, but I believe in you!"
    #expect(try await connection.read(exactly: words.utf8.count) == Array(words.utf8))
    try await connection.write("thanks")
    try await connection.finish()
    try await talked
    #expect(print.lines.contains("receiver: got data 6 bytes"))
    #expect(print.lines.contains("receiver: connection closed"))
  }
}
