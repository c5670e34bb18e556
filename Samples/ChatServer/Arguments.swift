import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: ChatServer [--host ADDRESS] [--port PORT] [--motd TEXT] ... [--max-line SIZE] [--max-waiting SIZE]
                      [--max-clients N] [--verbose]

    Lets people talk in rooms, line by line, until SIGINT or SIGTERM. They need no program but nc or telnet;
    `/help` tells them what there is.

      --host ADDRESS      IP address to listen on                          (127.0.0.1; :: is all)
      --port PORT         port to listen on, 0 for any that is free        (7010)
      --motd TEXT         a line for everybody who comes; once for each line
      --max-line SIZE     bytes of a line; who sends more is cut off       (1K)
      --max-waiting SIZE  bytes that may wait for one who does not read; who lets more wait is cut off  (64K)
      --max-clients N     people at the same time; others wait             (1000)
      --verbose           note who comes and goes on standard error
      --help              print this and exit

    SIZE is a number of bytes; K, M and G stand for 1024, 1024 K and 1024 M.

    Try it:  nc 127.0.0.1 7010
    """

  private(set) var address = SocketAddress.loopback(port: 7010)
  private(set) var messageOfTheDay: [String] = []
  private(set) var longestLine = 1 << 10
  private(set) var mostWaiting = 1 << 16
  private(set) var mostClients = 1000
  private(set) var isVerbose = false

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    while let word = words.next() {
      switch word {
      case "--host": address.ip = try words.ipAddress(of: word)
      case "--port": address.port = try words.port(of: word)
      case "--motd": messageOfTheDay.append(try words.value(of: word, "a text") { $0 })
      case "--max-line":
        longestLine = try words.value(of: word, "a size, 64...64K", (64...1 << 16).size)
      case "--max-waiting":
        mostWaiting = try words.value(of: word, "a size, 4K...1G", (1 << 12...1 << 30).size)
      case "--max-clients":
        mostClients = try words.value(of: word, "a number, 1...1000000", (1...1_000_000).number)
      case "--verbose": isVerbose = true
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
  }
}
