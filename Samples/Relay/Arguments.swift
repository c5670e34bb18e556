import SampleSupport
import Sockets

/// One side of the relay: where it listens, or connects to.
enum Place: CustomStringConvertible {
  case tcp(Endpoint)
  case unix(UnixAddress)

  /// Reads `example.org:80`, `[::1]:80`, `unix:/run/socket` or `unix:@name`; `nil` for something else.
  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      guard let address = UnixAddress(String(text.dropFirst(5))) else { return nil }
      self = .unix(address)
    } else {
      guard let endpoint = Endpoint(text) else { return nil }
      self = .tcp(endpoint)
    }
  }

  var description: String {
    switch self {
    case .tcp(let endpoint): "\(endpoint)"
    case .unix(let address): "unix:\(address)"
    }
  }
}

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

  var listen = Place.unix(.unnamed)
  var target = Place.unix(.unnamed)
  var maxConnections: Int?
  var idleLimit: Duration?
  var connectTimeout = Duration.seconds(10)
  var grace = Duration.seconds(5)
  var reactors: Int?
  var acceptsProxy = false
  var sendsProxy: ProxyHeader.Version?
  var printsTable = false
  var isVerbose = false

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    var places: [Place] = []
    while let word = words.next() {
      switch word {
      case "--connections":
        maxConnections = try words.value(of: word, "a number from 1 on", (1...Int.max).number)
      case "--idle":
        idleLimit = try words.value(of: word, "seconds, more than 0", Self.seconds)
      case "--connect-timeout":
        connectTimeout = try words.value(of: word, "seconds, more than 0", Self.seconds)
      case "--grace":
        grace = try words.value(of: word, "seconds, 0 or more") {
          $0 == "0" ? .zero : Self.seconds($0)
        }
      case "--reactors": reactors = try words.reactors(of: word)
      case "--accept-proxy": acceptsProxy = true
      case "--send-proxy":
        sendsProxy = try words.value(of: word, "v1 or v2") { ["v1": .v1, "v2": .v2][$0] }
      case "--table": printsTable = true
      case "--verbose": isVerbose = true
      case let option where option.hasPrefix("--"):
        throw UsageError("unknown option '\(option)'")
      default:
        let expected = "HOST:PORT, unix:PATH or unix:@NAME"
        let name = places.isEmpty ? "LISTEN" : "TARGET"
        places.append(try CommandWords.value(word, of: name, expected, Place.init))
      }
    }
    guard places.count == 2 else { throw UsageError("LISTEN and TARGET are needed") }
    (listen, target) = (places[0], places[1])
    if case .tcp(let endpoint) = listen, endpoint.socketAddress == nil {
      throw UsageError("LISTEN: '\(endpoint)' is not an IP address and a port")
    }
  }

  /// Reads a time of 1 ms to about 31 years.
  private static func seconds(_ word: String) -> Duration? {
    guard let seconds = Double(word), (0.001...1e9).contains(seconds) else { return nil }
    return .seconds(seconds)
  }
}
