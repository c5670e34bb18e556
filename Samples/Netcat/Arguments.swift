import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: Netcat [OPTION ...] HOST PORT          connect
           Netcat -l [OPTION ...] [HOST] PORT     wait for a client
           Netcat -z [OPTION ...] HOST PORT[-LAST]
           Netcat -U [-l] [OPTION ...] PATH       over a Unix-domain socket

    Sends standard input to the other end, and prints what comes from there, until both have ended.
    When standard input ends the other end is told so (half-close) and can still answer.

      -l, --listen            listen, on all addresses if there is no HOST; print where on standard error
      -k, --keep-open         with -l: serve client after client, until SIGINT or SIGTERM
      -u, --udp               datagrams: each read of standard input is one. They have no end, so this
                              runs until --wait or a signal. With -l, talk to the first who sends one;
                              with -l and -k, print everyone's and answer the latest
      -U, --unix              a Unix-domain socket, with -u of datagrams; PATH is @NAME for an abstract
                              name, in which \\xNN is a byte
      -4, --ipv4              IPv4 only
      -6, --ipv6              IPv6 only
      -s, --source ADDRESS    the IP address to connect from
      -p, --source-port PORT  the port to connect from; with -l, the port to listen on
      -w, --wait SECONDS      give up connecting after so long, and end once nothing has moved for so
                              long in either direction; waiting for a client has no limit
      -N, --half-close        tell the other end when standard input ends; this is the default
      --no-half-close         do not
      -z, --zero              connect, send nothing, and print which of the ports are open
      -v, --verbose           tell on standard error how connecting went, address by address
      -h, --help              print this and exit

    With -l the other end's end is enough if standard input is a terminal, or if -k is given: what
    standard input has at hand is still sent, and it is left open for the next client.

    Exits with 0 when all went well, also if --wait has ended it or nobody reads standard output any more;
    with 1 after an error, a reset by the other end included, and if no port was open; with 64 after a
    wrong command line; with 128 and the signal's number after SIGINT or SIGTERM (0 with -k).

    Try it:  Netcat -lk 7007    and    echo hello | Netcat localhost 7007
    """

  private static let letters: [Character: String] = [
    "l": "--listen", "k": "--keep-open", "u": "--udp", "U": "--unix", "4": "--ipv4", "6": "--ipv6",
    "s": "--source=", "p": "--source-port=", "w": "--wait=", "N": "--half-close", "z": "--zero",
    "v": "--verbose",
  ]

  /// The other end, or where to listen.
  enum Target: CustomStringConvertible {
    case endpoint(Endpoint)
    case unix(UnixAddress)

    var description: String {
      switch self {
      case .endpoint(let endpoint): "\(endpoint)"
      case .unix(let address): "\(address)"
      }
    }
  }

  /// One; with `--zero`, one or more.
  private(set) var targets: [Target] = []
  private(set) var listens = false
  private(set) var keepsOpen = false
  private(set) var sendsDatagrams = false
  private(set) var halfCloses = true
  private(set) var scans = false
  private(set) var isVerbose = false

  /// Which addresses of a host will do; `nil` for all.
  private(set) var family: AddressFamily?

  /// Where to connect from.
  private(set) var source: SocketAddress?

  private(set) var wait: Duration?

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words, letters: Self.letters)
    var positions: [String] = []
    var sourceIP: IPAddress?
    var sourcePort: UInt16?
    var isUnix = false
    while let word = words.next() {
      switch word {
      case "--listen": listens = true
      case "--keep-open": keepsOpen = true
      case "--udp": sendsDatagrams = true
      case "--unix": isUnix = true
      case "--ipv4", "--ipv6":
        let wanted: AddressFamily = word == "--ipv4" ? .ipv4 : .ipv6
        if family ?? wanted != wanted { throw UsageError("--ipv4 and --ipv6 exclude each other") }
        family = wanted
      case "--source":
        sourceIP = try words.ipAddress(of: word)
      case "--source-port":
        sourcePort = try words.port(of: word)
      case "--wait":
        let seconds = try words.value(of: word, "seconds, 1...1000000", (1...1_000_000).number)
        wait = .seconds(seconds)
      case "--half-close": halfCloses = true
      case "--no-half-close": halfCloses = false
      case "--zero": scans = true
      case "--verbose": isVerbose = true
      case _ where word.hasPrefix("-"): throw UsageError("unknown option '\(word)'")
      default: positions.append(word)
      }
    }
    if scans, listens || sendsDatagrams {
      throw UsageError("--zero goes with neither --listen nor --udp")
    }
    if keepsOpen, !listens { throw UsageError("--keep-open goes with --listen") }
    if isUnix {
      if family != nil || sourceIP != nil || sourcePort != nil {
        throw UsageError("--unix goes with neither --ipv4, --ipv6, --source nor --source-port")
      }
      try takeUnix(positions)
    } else if listens {
      if sourceIP != nil {
        throw UsageError("--source is for connecting: with --listen, give a HOST")
      }
      try takeListen(positions, sourcePort)
    } else {
      try takeConnect(positions, sourceIP, sourcePort)
    }
  }

  private mutating func takeUnix(_ positions: [String]) throws(UsageError) {
    guard positions.count == 1 else {
      throw UsageError("with --unix a PATH is needed, and no more")
    }
    let path = positions[0]
    let address = try Self.reading {
      try path.hasPrefix("@") ? UnixAddress(parsing: path) : .path(path)
    }
    targets = [.unix(address)]
  }

  private mutating func takeListen(
    _ positions: [String],
    _ givenPort: UInt16?
  ) throws(UsageError) {
    var positions = positions[...]
    guard let word = givenPort.map({ String($0) }) ?? positions.popLast(), positions.count <= 1
    else {
      throw UsageError("with --listen a PORT is needed, maybe after a HOST")
    }
    let host = positions.first ?? (family == .ipv4 ? "0.0.0.0" : "::")
    targets = [.endpoint(try endpoint(host, String(try Self.port(word))))]
  }

  private mutating func takeConnect(
    _ positions: [String],
    _ ip: IPAddress?,
    _ port: UInt16?
  ) throws(UsageError) {
    guard positions.count == 2 else { throw UsageError("HOST and PORT are needed, and no more") }
    if let ip {
      let own = AddressFamily(ip)
      if family ?? own != own { throw UsageError("--source: \(ip) is of the other family") }
      family = own
    }
    for service in try scans ? Self.services(positions[1]) : [positions[1]] {
      let endpoint = try endpoint(positions[0], service)
      if endpoint.service == .port(0) { throw UsageError("PORT: nobody listens on port 0") }
      targets.append(.endpoint(endpoint))
    }
    let wildcard: SocketAddress = family == .ipv4 ? .anyIPv4(port: 0) : .any(port: 0)
    if ip != nil || port != nil { source = SocketAddress(ip ?? wildcard.ip, port: port ?? 0) }
  }

  /// Makes an endpoint whose host, if it is an address, is of the family that is wanted.
  private func endpoint(_ host: String, _ service: String) throws(UsageError) -> Endpoint {
    let endpoint = try Self.reading { try Endpoint(host: host, service: service) }
    if case .address(let ip) = endpoint.host, let family, AddressFamily(ip) != family {
      throw UsageError("HOST: \(ip) is not an \(family) address")
    }
    return endpoint
  }

  /// Reads ports such as `20-25`, or one port or service.
  private static func services(_ word: String) throws(UsageError) -> [String] {
    let ends = word.split(separator: "-", maxSplits: 1)
    guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy(\.isNumber) }) else { return [word] }
    let (first, last) = (try port(String(ends[0])), try port(String(ends[1])))
    guard first <= last else { throw UsageError("PORT: '\(word)' runs backwards") }
    return (first...last).map(String.init)
  }

  private static func port(_ word: String) throws(UsageError) -> UInt16 {
    try CommandWords.value(word, of: "PORT", "a port, 0...65535") { UInt16($0) }
  }

  private static func reading<Value>(_ body: () throws -> Value) throws(UsageError) -> Value {
    do { return try body() } catch { throw UsageError("\(error)") }
  }
}
