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
  let connections: Int

  /// How many bytes each of them sends.
  let bytes: Int

  init(_ words: [String]) throws(UsageError) {
    let needed = "HOST and PORT are needed, and no more"
    let words = try CommandWords(words, usage: Self.usage, operands: 2...2, needed)
    connections = try words.number(of: "--connections", in: 1...65_536) ?? 1
    bytes = try words.size(of: "--bytes", in: 0...1 << 40) ?? 1 << 20
    let host = "an IP address, such as 127.0.0.1 or ::1 (names are not looked up)"
    let ip = try CommandWords.value(words.operands[0], of: "HOST", host) { IPAddress($0) }
    let port = try CommandWords.value(words.operands[1], of: "PORT", "a port, 1...65535") {
      UInt16($0).flatMap { $0 > 0 ? $0 : nil }
    }
    server = SocketAddress(ip, port: port)
  }
}
