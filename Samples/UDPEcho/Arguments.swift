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

  var address = SocketAddress.loopback(port: 7007)
  var usesBatches = false
  var group: IPAddress?
  var interface: UInt32 = 0
  var upstream: SocketAddress?

  init(_ words: [String]) throws(UsageError) {
    var words = words[...]
    var ip = address.ip
    var port = address.port
    while let word = words.popFirst() {
      func value() throws(UsageError) -> String {
        guard let value = words.popFirst() else { throw UsageError("\(word) needs a value") }
        return value
      }
      func number<Number: FixedWidthInteger>(_: Number.Type) throws(UsageError) -> Number {
        let text = try value()
        guard let number = Number(text) else {
          throw UsageError("\(word): '\(text)' is not a number, 0...\(Number.max)")
        }
        return number
      }
      func address<Address>(_ parse: (String) throws -> Address) throws(UsageError) -> Address {
        let text = try value()
        do { return try parse(text) } catch { throw UsageError("\(word): \(error)") }
      }
      switch word {
      case "--host": ip = try address { try IPAddress(parsing: $0) }
      case "--port": port = try number(UInt16.self)
      case "--batch": usesBatches = true
      case "--join": group = try address { try IPAddress(parsing: $0) }
      case "--interface": interface = try number(UInt32.self)
      case "--forward": upstream = try address { try SocketAddress(parsing: $0) }
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
    if usesBatches, upstream != nil { throw UsageError("--batch and --forward do not go together") }
    address = SocketAddress(ip, port: port)
  }
}
