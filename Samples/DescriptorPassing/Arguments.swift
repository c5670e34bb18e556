import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: DescriptorPassing receive PATH [--at-most N]
           DescriptorPassing send PATH FILE ...
           DescriptorPassing send PATH --accept PORT

    Passes open files from one process to another, over a Unix-domain socket.

      receive          listen at PATH, and print what the files hold that are passed, until SIGINT or
                       SIGTERM; a connection that is passed is greeted and closed
      send             open each FILE and pass them all; the receiver needs no permission to open them
      PATH             of the socket, or @NAME for an abstract name
      --at-most N      take no more than N descriptors of one message, 0...253      (253)
      --accept PORT    accept one TCP client on the loopback interface, and pass its connection
      --help           print this and exit

    Exits with 0 when all went well, with 1 after an error, descriptors that the receiver has refused
    included, with 64 after a wrong command line, and with 128 and the signal's number after SIGINT or
    SIGTERM (`receive`: 0).

    Try it:  DescriptorPassing receive /tmp/passing    and    DescriptorPassing send /tmp/passing /etc/hosts
    """

  /// What to do.
  enum Role {
    case receive(atMost: Int)
    case send(files: [String])
    case sendConnection(port: UInt16)
  }

  let role: Role
  let address: UnixAddress

  init(_ words: [String]) throws(UsageError) {
    let needed = "'receive' or 'send' is needed, and a PATH"
    let words = try CommandWords(words, usage: Self.usage, operands: 2...Int.max, needed)
    let most = DescriptorBatch.maximumCount
    let limit = try words.number(of: "--at-most", in: 0...most)
    let files = Array(words.operands[2...])
    switch (words.operands[0], try words.port(of: "--accept"), limit) {
    case ("receive", nil, _) where files.isEmpty: role = .receive(atMost: limit ?? most)
    case ("send", nil, nil) where !files.isEmpty: role = .send(files: files)
    case ("send", let port?, nil) where files.isEmpty: role = .sendConnection(port: port)
    default: throw UsageError("these words do not go together")
    }
    address = try UsageError.reading { try .typed(words.operands[1]) }
  }
}
