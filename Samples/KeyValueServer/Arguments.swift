import KeyValue
import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: KeyValueServer [--host ADDRESS] [--port PORT] [--append-only FILE] [--fsync always|everysec|no]
                          [--max-memory SIZE] [--max-request SIZE] [--max-clients N]

    Keeps keys and values for clients that speak the protocol of Redis, until SIGINT or SIGTERM: strings,
    lists, hashes, expiry, messages. `COMMAND` lists what it knows.

      --host ADDRESS      IP address to listen on                        (127.0.0.1; :: is all)
      --port PORT         port to listen on, 0 for any that is free      (6379)
      --append-only FILE  log each change to FILE, and begin with what it holds; it only ever grows
      --fsync WHEN        when changes have to be on the disk: `always` before they are confirmed,
                          `everysec` within a second, `no` when the system sees fit      (everysec)
      --max-memory SIZE   refuse to add anything once keys and values take so many bytes (no limit)
      --max-request SIZE  end the connection of who asks for more in one request         (64M)
      --max-clients N     clients at the same time; others wait                          (10000)
      --help              print this and exit

    SIZE is a number of bytes; K, M and G stand for 1024, 1024 K and 1024 M.

    Try it:  redis-cli set greeting hello    or    echo get greeting | nc -N 127.0.0.1 6379
    """

  private(set) var address = SocketAddress.loopback(port: 6379)
  private(set) var logPath: String?
  private(set) var settings = Settings()

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    while let word = words.next() {
      switch word {
      case "--host": address.ip = try words.ipAddress(of: word)
      case "--port": address.port = try words.port(of: word)
      case "--append-only": logPath = try words.value(of: word, "a path") { $0.isEmpty ? nil : $0 }
      case "--fsync":
        settings.synchronization = try words.value(of: word, "always, everysec or no") {
          Journal.Synchronization(rawValue: $0)
        }
      case "--max-memory":
        settings.mostMemory = try words.value(of: word, "a size, 1...1024G", (1...1 << 40).size)
      case "--max-request":
        settings.longestRequest =
          try words.value(of: word, "a size, 1K...512M", (1 << 10...1 << 29).size)
      case "--max-clients":
        settings.mostClients =
          try words.value(of: word, "a number, 1...1000000", (1...1_000_000).number)
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
  }
}
