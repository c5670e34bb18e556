import HTTP
import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: HTTPServer [--host ADDRESS] [--port PORT] [--root DIR] [--reactors N] [--log]
                      [--proxy-protocol] [--max-connections N] [--max-body BYTES]
                      [--idle SECONDS] [--head SECONDS] [--lifetime SECONDS] [--grace SECONDS]

    Serves HTTP/1.1 until SIGINT or SIGTERM: /hello is a greeting, /echo sends the body of a POST or PUT
    back, /stats counts, and everything else is a file of DIR.

      --host ADDRESS       IP address to listen on                       (127.0.0.1; :: is all)
      --port PORT          port to listen on, 0 for any that is free     (8080)
      --root DIR           folder whose files are served                 (no files)
      --reactors N         threads that serve, 1...1024                  (one per processor)
      --log                a line for each request on standard output
      --proxy-protocol     every connection begins with HAProxy's PROXY header, version 1 or 2, which
                           says who the client is: only for where none but your proxies connect
      --max-connections N  connections at one time, 1 or more            (10000)
      --max-body BYTES     the most that a request may bring along       (1073741824)
      --idle SECONDS       how long a client may do nothing, 1...86400   (60)
      --head SECONDS       how long the head of a request, or the next 16 KiB of its body, may take,
                           1...86400                                     (10)
      --lifetime SECONDS   how long a connection may go on, 1...86400    (3600)
      --grace SECONDS      how long answers may go on at the end, 0...3600  (10)
      --help               print this and exit

    Try it:  HTTPServer --root . --log &  curl http://127.0.0.1:8080/
    """

  let address: SocketAddress
  let root: String?
  let reactors: Int?
  let hasLog: Bool
  let expectsProxy: Bool
  let connections: Int
  let limits: RequestLimits
  let idle: Duration
  let lifetime: Duration
  let grace: Duration

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    address = try words.address(port: 8080)
    root = words.values(of: "--root").last
    reactors = try words.reactors()
    hasLog = words.has("--log")
    expectsProxy = words.has("--proxy-protocol")
    connections = try words.number(of: "--max-connections", in: 1...Int.max) ?? 10_000
    limits = RequestLimits(
      head: try words.seconds(of: "--head", in: 1...86_400) ?? .seconds(10),
      body: try words.number(of: "--max-body", in: 0...Int.max) ?? 1 << 30
    )
    idle = try words.seconds(of: "--idle", in: 1...86_400) ?? .seconds(60)
    lifetime = try words.seconds(of: "--lifetime", in: 1...86_400) ?? .seconds(3600)
    grace = try words.seconds(of: "--grace", in: 0...3600) ?? .seconds(10)
  }
}
