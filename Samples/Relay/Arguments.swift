import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: Relay LISTEN TARGET [options]

    Connects every client of LISTEN to TARGET, and passes on what either sends, until SIGINT or SIGTERM; then
    accepts nobody any more and gives the open connections time to end.

    LISTEN and TARGET are each HOST:PORT, unix:PATH or unix:@NAME (abstract). LISTEN needs an IP address,
    TARGET may have a name, all of whose addresses are tried. Port 0 of LISTEN is any that is free.

      --connections N       most clients at a time; others wait        (no limit)
      --idle SECONDS        end a connection in which nothing moves     (no limit)
      --connect-timeout SECONDS
                            how long to try to connect to TARGET        (10)
      --grace SECONDS       time that open connections have at the end  (5)
      --reactors N          threads, 1...1024                           (one per processor)
      --accept-proxy        expect a PROXY protocol header from each client, and believe it
      --send-proxy v1|v2    tell TARGET the client's address by a PROXY protocol header
      --table               show the open connections on standard error, once a second: in place on a
                            terminal, one table below the other elsewhere
      --verbose             note the end of each connection on standard error
      --help                print this and exit

    Try it:  Relay 127.0.0.1:8080 example.org:80
             curl -H 'Host: example.org' http://127.0.0.1:8080/
    """

  let listen: Place
  let target: Place
  let maxConnections: Int?
  let idleLimit: Duration?
  let connectTimeout: Duration
  let grace: Duration
  let reactors: Int?
  let acceptsProxy: Bool
  let sendsProxy: ProxyHeader.Version?
  let printsTable: Bool
  let isVerbose: Bool

  init(_ words: [String]) throws(UsageError) {
    let needed = "LISTEN and TARGET are needed"
    let words = try CommandWords(words, usage: Self.usage, operands: 2...2, needed)
    maxConnections = try words.number(of: "--connections", in: 1...Int.max)
    idleLimit = try words.value(of: "--idle", "seconds, more than 0", Self.seconds)
    connectTimeout =
      try words.value(of: "--connect-timeout", "seconds, more than 0", Self.seconds) ?? .seconds(10)
    grace =
      try words.value(of: "--grace", "seconds, 0 or more") {
        $0 == "0" ? .zero : Self.seconds($0)
      } ?? .seconds(5)
    reactors = try words.reactors()
    acceptsProxy = words.has("--accept-proxy")
    sendsProxy = try words.value(of: "--send-proxy", "v1 or v2") { ["v1": .v1, "v2": .v2][$0] }
    printsTable = words.has("--table")
    isVerbose = words.has("--verbose")
    listen = try UsageError.reading { try Place(parsing: words.operands[0]) }
    target = try UsageError.reading { try Place(parsing: words.operands[1]) }
    if case .endpoint(let endpoint) = listen, endpoint.socketAddress == nil {
      throw UsageError("LISTEN: '\(endpoint)' is not an IP address and a port")
    }
  }

  /// Reads a time of 1 ms to about 31 years.
  private static func seconds(_ word: String) -> Duration? {
    guard let seconds = Double(word), (0.001...1e9).contains(seconds) else { return nil }
    return .seconds(seconds)
  }
}
