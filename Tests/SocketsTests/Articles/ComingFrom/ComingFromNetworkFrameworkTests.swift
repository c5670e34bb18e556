import Sockets
import Testing

private func fetchPicture(from port: UInt16) async throws -> Int {
  try await TCPConnection.connect(to: "localhost", port: port) { connection in
    try await connection.write("Hello, world!\n")
    var received = 0
    guard let length = try await connection.read(UInt32.self) else { return received }
    while received < length, let piece = try await connection.read(upTo: Int(length) - received) {
      received += piece.count  // and what else is to become of it
    }
    return received
  }
}

private func servePicture(_ picture: [UInt8], _ listener: TCPListener) async throws {
  try await listener.serve { connection in
    for try await greeting in connection.lines() {
      print("received: \(greeting)")
      try await connection.write(frame: picture, using: LengthPrefixFraming(.uint32))
    }
  }
}

private let print = Printed()

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromNetworkFrameworkTests {
  @Test func `a picture is fetched`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = servePicture([UInt8](repeating: 7, count: 300_000), listener)
    #expect(try await fetchPicture(from: listener.localAddress.port) == 300_000)
    listener.drain(grace: .seconds(600))
    try await served
    #expect(print.lines == ["received: Hello, world!"])
  }
}
