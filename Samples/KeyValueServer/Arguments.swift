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

  let address: SocketAddress
  let logPath: String?
  let settings: Settings

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    address = try words.address(port: 6379)
    logPath = words.values(of: "--append-only").last
    let synchronization = try words.value(of: "--fsync", "always, everysec or no") {
      Journal.Synchronization(rawValue: $0)
    }
    settings = Settings(
      synchronization: synchronization ?? .everysec,
      mostMemory: try words.size(of: "--max-memory", in: 1...1 << 40) ?? .max,
      longestRequest: try words.size(of: "--max-request", in: 1 << 10...1 << 29) ?? 64 << 20,
      mostClients: try words.number(of: "--max-clients", in: 1...1_000_000) ?? 10_000
    )
  }
}
