import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  /// Where the tasks of connections run.
  enum Handlers: String { case reactor, pool }

  static let usage = """
    usage: EchoServer [--host ADDRESS] [--port PORT] [--reactors N] [--handlers reactor|pool] [--verbose]

    Sends back whatever a client sends, until SIGINT or SIGTERM.

      --host ADDRESS   IP address to listen on                          (127.0.0.1; :: is all)
      --port PORT      port to listen on, 0 for any that is free        (7007)
      --reactors N     threads that wait for the sockets, 1...1024      (one per processor)
      --handlers KIND  run each connection's task on its reactor's thread, or on Swift's task pool
                                                                        (reactor)
      --verbose        note each connection on standard error
      --help           print this and exit

    Try it:  nc 127.0.0.1 7007
    """

  var address = SocketAddress.loopback(port: 7007)
  var reactors: Int?
  var handlers = Handlers.reactor
  var isVerbose = false

  init(_ words: [String]) throws(UsageError) {
    var words = words[...]
    var ip = address.ip
    var port = address.port
    while let word = words.popFirst() {
      func value() throws(UsageError) -> String {
        guard let value = words.popFirst() else { throw UsageError("\(word) needs a value") }
        return value
      }
      switch word {
      case "--host":
        let text = try value()
        do { ip = try IPAddress(parsing: text) } catch { throw UsageError("--host: \(error)") }
      case "--port":
        let text = try value()
        guard let number = UInt16(text) else {
          throw UsageError("--port: '\(text)' is not a port, 0...65535")
        }
        port = number
      case "--reactors":
        let text = try value()
        guard let count = Int(text), (1...1024).contains(count) else {
          throw UsageError("--reactors: '\(text)' is not a number, 1...1024")
        }
        reactors = count
      case "--handlers":
        let text = try value()
        guard let kind = Handlers(rawValue: text) else {
          throw UsageError("--handlers: '\(text)' is neither reactor nor pool")
        }
        handlers = kind
      case "--verbose": isVerbose = true
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
    address = SocketAddress(ip, port: port)
  }
}
