import Chat
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

  let address: SocketAddress
  let mostClients: Int
  let isVerbose: Bool
  let settings: Settings

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    address = try words.address(port: 7010)
    mostClients = try words.number(of: "--max-clients", in: 1...1_000_000) ?? 1000
    isVerbose = words.has("--verbose")
    settings = Settings(
      messageOfTheDay: words.values(of: "--motd"),
      longestLine: try words.size(of: "--max-line", in: 64...1 << 16) ?? 1 << 10,
      mostWaiting: try words.size(of: "--max-waiting", in: 1 << 12...1 << 30) ?? 1 << 16,
      isVerbose: isVerbose
    )
  }
}
