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

  /// One; with `--zero`, one or more.
  let targets: [Place]
  let listens, keepsOpen, sendsDatagrams, halfCloses, scans, isVerbose: Bool
  let source: SocketAddress?
  let wait: Duration?

  /// Which addresses of a host will do; `nil` for all.
  let family: Family?

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage, operands: 0...Int.max)
    (listens, keepsOpen) = (words.has("--listen"), words.has("--keep-open"))
    (scans, sendsDatagrams) = (words.has("--zero"), words.has("--udp"))
    (halfCloses, isVerbose) = (!words.has("--no-half-close"), words.has("--verbose"))
    wait = try words.seconds(of: "--wait", in: 1...1_000_000)
    let (ip, port) = (try words.ipAddress(of: "--source"), try words.port(of: "--source-port"))
    let (isIPv4, isIPv6, isUnix) = (words.has("--ipv4"), words.has("--ipv6"), words.has("--unix"))
    let isIP = isIPv4 || isIPv6 || ip != nil || port != nil
    let own = ip.map(Family.init)
    let mistakes = [
      (isIPv4 && isIPv6, "--ipv4 and --ipv6 exclude each other"),
      (scans && (listens || sendsDatagrams), "--zero goes with neither --listen nor --udp"),
      (keepsOpen && !listens, "--keep-open goes with --listen"),
      (isUnix && isIP, "--unix goes with neither --ipv4, --ipv6, --source nor --source-port"),
      (listens && ip != nil, "--source is for connecting: with --listen, give a HOST"),
      (isIPv4 && own == .ipv6 || isIPv6 && own == .ipv4, "--source is of the other family"),
    ]
    for (isMade, message) in mistakes where isMade { throw UsageError(message) }
    let family = isIPv4 ? .ipv4 : isIPv6 ? .ipv6 : own
    let wildcard: SocketAddress = family == .ipv4 ? .anyIPv4(port: 0) : .any(port: 0)
    source = ip == nil && port == nil ? nil : SocketAddress(ip ?? wildcard.ip, port: port ?? 0)
    self.family = family

    var place = words.operands
    if isUnix {
      if place.count != 1 { throw UsageError("with --unix a PATH is needed, and no more") }
      targets = [.unix(try UsageError.reading { try .typed(place[0]) })]
      return
    }
    if listens {
      if let port { place.append("\(port)") }
      if place.count == 1 { place.insert("\(wildcard.ip)", at: 0) }
      if place.count != 2 { throw UsageError("with --listen a PORT is needed, maybe after a HOST") }
    }
    if place.count != 2 { throw UsageError("HOST and PORT are needed, and no more") }
    var services = [place[1]]
    let ends = scans ? place[1].split(separator: "-", maxSplits: 1).map(String.init) : services
    if listens || ends.count == 2 && ends.allSatisfy({ $0.allSatisfy(\.isNumber) }) {
      let ports = try ends.map { (word) throws(UsageError) in
        try CommandWords.value(word, of: "PORT", "a port, 0...65535") { UInt16($0) }
      }
      let (first, last) = (ports[0], ports[ports.count - 1])
      if first > last { throw UsageError("PORT: '\(place[1])' runs backwards") }
      services = (first...last).map { "\($0)" }
    }
    if !listens, services.contains("0") { throw UsageError("PORT: nobody listens on port 0") }
    targets = try services.map { (service) throws(UsageError) in
      let endpoint = try UsageError.reading { try Endpoint(host: place[0], service: service) }
      if case .address(let ip) = endpoint.host, let family, Family(ip) != family {
        throw UsageError("HOST: \(ip) is not an \(family.rawValue) address")
      }
      return .endpoint(endpoint)
    }
  }

  /// When to give up connecting.
  var deadline: ContinuousClock.Instant? { wait.map { .now + $0 } }

  /// The system's resolver, for the family that is wanted.
  var resolver: FamilyResolver { FamilyResolver(family) }

  /// Whom to talk to in datagrams.
  var peer: DatagramPeer { listens ? keepsOpen ? .latest : .first : .connected }

  /// Says something on standard error, if it is to be said.
  func tell(_ text: String) { if isVerbose { Program.note(text) } }
}
