import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: EchoClient HOST PORT [--connections N] [--bytes B]

    Sends bytes to an echo server and checks every byte that comes back.

      HOST             IP address of the server, such as 127.0.0.1 or ::1
      PORT             its port
      --connections N  connections at the same time, 1...65536          (1)
      --bytes B        bytes that each of them sends; K, M and G stand for
                       1024, 1024 K and 1024 M                          (1M)
      --help           print this and exit

    Exits with 0 if every byte came back, 1 if not, 64 after a wrong command line, and with 128 and
    the signal's number after SIGINT or SIGTERM.

    Try it:  EchoClient 127.0.0.1 7007 --connections 50 --bytes 16M
    """

  /// The server.
  let server: SocketAddress

  /// How many connections.
  private(set) var connections = 1

  /// How many bytes each of them sends.
  private(set) var bytes = 1 << 20

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    var positions: [String] = []
    while let word = words.next() {
      switch word {
      case "--connections":
        connections = try words.value(of: word, "a number, 1...65536", (1...65536).number)
      case "--bytes":
        bytes = try words.value(of: word, "a number of bytes, 0...1024G", (0...1 << 40).size)
      case _ where word.hasPrefix("-"): throw UsageError("unknown option '\(word)'")
      default: positions.append(word)
      }
    }
    guard positions.count == 2 else { throw UsageError("HOST and PORT are needed, and no more") }
    let host = "an IP address, such as 127.0.0.1 or ::1 (names are not looked up)"
    let ip = try CommandWords.value(positions[0], of: "HOST", host) { IPAddress($0) }
    let port = try CommandWords.value(
      positions[1],
      of: "PORT",
      "a port, 1...65535",
      (1...65535).number
    )
    server = SocketAddress(ip, port: UInt16(port))
  }
}
