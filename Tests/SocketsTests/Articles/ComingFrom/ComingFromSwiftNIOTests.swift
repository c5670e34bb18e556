import Sockets
import Testing

private func echoLines(_ listener: TCPListener) async throws {
  try await listener.serve(onFailure: { print("Hit error: \($1)") }) { connection in
    print("Handling new connection")
    for try await line in connection.lines() {
      print("Received request (\(line))")
      try await connection.write("\(line)\n")
    }
    print("Done handling connection")
  }
}

private func sendRequests(to port: UInt16) async throws {
  try await withThrowingDiscardingTaskGroup { group in
    for number in 0...20 {
      group.addTask { try await sendRequest(number, to: port) }
    }
  }
}

private func sendRequest(_ number: Int, to port: UInt16) async throws {
  try await TCPConnection.connect(to: "localhost", port: port) { connection in
    print("Connection(\(number)): Writing request")
    try await connection.write("Hello on connection \(number)\n")
    for try await line in connection.lines() {
      print("Connection(\(number)): Received response (\(line))")
      break
    }
  }
}

private let print = Printed()

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromSwiftNIOTests {
  @Test func `each request has its answer`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = echoLines(listener)
    try await sendRequests(to: listener.localAddress.port)
    listener.drain(grace: .seconds(600))
    try await served
    for number in 0...20 {
      let line = "Hello on connection \(number)"
      #expect(print.lines.contains("Received request (\(line))"))
      #expect(print.lines.contains("Connection(\(number)): Received response (\(line))"))
    }
    #expect(print.lines.count { $0 == "Done handling connection" } == 21)
  }
}
