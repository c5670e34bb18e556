import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: UDPEcho [--host ADDRESS] [--port PORT] [--batch] [--join GROUP] [--interface INDEX]
                   [--forward ADDRESS:PORT]

    Sends each datagram back to where it came from, until SIGINT or SIGTERM.

      --host ADDRESS     IP address to receive at                       (127.0.0.1; :: is all)
      --port PORT        port to receive at, 0 for any that is free     (7007)
      --batch            receive and send many datagrams in one system call
      --join GROUP       receive what is sent to a multicast group too; needs a wildcard as --host
      --interface INDEX  the interface of the group, as `ip link` numbers it
      --forward ADDRESS:PORT
                         pass each datagram on to a server instead, and its answer back: a name server,
                         for example
      --help             print this and exit

    Try it:  nc -u 127.0.0.1 7007
    """

  let address: SocketAddress
  let usesBatches: Bool
  let group: IPAddress?
  let interface: UInt32
  let upstream: SocketAddress?

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    address = try words.address(port: 7007)
    usesBatches = words.has("--batch")
    group = try words.ipAddress(of: "--join")
    interface = try words.value(of: "--interface", "a number, 0 or more") { UInt32($0) } ?? 0
    upstream = try words.value(of: "--forward", "an IP address and a port") { SocketAddress($0) }
    if usesBatches, upstream != nil { throw UsageError("--batch and --forward do not go together") }
  }
}
