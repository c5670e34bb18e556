import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  /// Where the tasks of connections run.
  enum Handlers: String { case reactor, pool }

  static let usage = """
    usage: EchoServer [--host ADDRESS] [--port PORT] [--reactors N] [--shards] [--handlers reactor|pool] [--verbose]
           EchoServer --unix PATH | --abstract NAME  [--reactors N] [--handlers reactor|pool] [--verbose]

    Sends back whatever a client sends, until SIGINT or SIGTERM. SIGUSR1 has it list its sockets on standard error.

      --host ADDRESS   IP address to listen on                          (127.0.0.1; :: is all)
      --port PORT      port to listen on, 0 for any that is free        (7007)
      --unix PATH      listen on a Unix-domain path, in place of a dead socket if there is one
      --abstract NAME  listen on a name in Linux's abstract namespace
      --reactors N     threads that wait for the sockets, 1...1024      (one per processor)
      --shards         a listening socket for each reactor, on the same port (SO_REUSEPORT)
      --handlers KIND  run each connection's task on its reactor's thread, or on Swift's task pool
                                                                        (reactor)
      --verbose        note each connection on standard error
      --help           print this and exit

    Try it:  nc 127.0.0.1 7007
    """

  let address: SocketAddress
  /// Where to listen instead, if on a Unix-domain socket.
  let unixAddress: UnixAddress?
  let reactors: Int?
  let isSharded: Bool
  let handlers: Handlers
  let isVerbose: Bool

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    address = try words.address(port: 7007)
    let path = try words.value(of: "--unix", "a path of 1 to 107 bytes") {
      try? UnixAddress.path($0)
    }
    let name = try words.value(of: "--abstract", "a name of at most 107 bytes") {
      try? UnixAddress.abstract($0)
    }
    unixAddress = path ?? name
    reactors = try words.reactors()
    isSharded = words.has("--shards")
    handlers = try words.value(of: "--handlers", "reactor or pool", Handlers.init) ?? .reactor
    isVerbose = words.has("--verbose")
  }
}
