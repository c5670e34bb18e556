import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on errors.
@Suite(.timeLimit(.minutes(1))) struct ErrorMapTests {
  @Test func `an error says what, where and why`() async throws {
    let address = SocketAddress.loopback(port: 1)
    var log = ""
    func print(_ error: any Error) { log += "\(error)" }
    // map: Catching an error
    do {
      let connection = try await TCPConnection.connect(to: address)
      try await connection.write("hello")
    } catch let error as SocketError where error.code == .connectionRefused {
      print(error)  // connect to 127.0.0.1:1: connection refused (ECONNREFUSED, errno 111)
    }
    // end
    #expect(log == "connect to 127.0.0.1:1: connection refused (ECONNREFUSED, errno 111)")
  }

  @Test func `its parts`() async throws {
    let address = SocketAddress.loopback(port: 1)
    let error = try #require(
      await outcome { try await TCPConnection.connect(to: address) }.socketError
    )
    // map: errno
    let code = error.code
    // end
    #expect(code == .connectionRefused)
    // map: errno as a number
    let number = error.errno
    // end
    #expect(number == ECONNREFUSED)
    // map: perror
    let text = "\(error)"
    // end
    #expect(text.hasSuffix("(ECONNREFUSED, errno 111)"))
  }
}
