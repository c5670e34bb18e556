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

  var address = SocketAddress.loopback(port: 8080)
  var root: String?
  var reactors: Int?
  var hasLog = false
  var expectsProxy = false
  var connections = 10_000
  var limits = RequestLimits()
  var idle = 60
  var lifetime = 3_600
  var grace = 10

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    while let word = words.next() {
      switch word {
      case "--host": address.ip = try words.ipAddress(of: word)
      case "--port": address.port = try words.port(of: word)
      case "--root":
        root = try words.value(of: word, "a folder") { $0.isEmpty ? nil : $0 }
      case "--reactors": reactors = try words.reactors(of: word)
      case "--log": hasLog = true
      case "--proxy-protocol": expectsProxy = true
      case "--max-connections":
        connections = try words.value(of: word, "a number, 1 or more", (1...Int.max).number)
      case "--max-body":
        limits.body = try words.value(of: word, "a number of bytes", (0...Int.max).number)
      case "--idle": idle = try Self.seconds(&words, word)
      case "--lifetime": lifetime = try Self.seconds(&words, word)
      case "--head": limits.head = .seconds(try Self.seconds(&words, word))
      case "--grace":
        grace = try words.value(of: word, "a number, 0...3600", (0...3600).number)
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
  }

  private static func seconds(_ words: inout CommandWords, _ word: String) throws(UsageError) -> Int
  {
    try words.value(of: word, "a number, 1...86400", (1...86_400).number)
  }
}
