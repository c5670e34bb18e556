import SampleSupport
import Sockets

/// What networks.sh tries and the samples have no words for.
@main
struct NetworkPeer {
  static let usage = """
    usage: NetworkPeer flood ADDRESS [OPTION=NUMBER ...]   write to an echo server without end, and read
           NetworkPeer wait ADDRESS [OPTION=NUMBER ...]    write it a byte, and then read without end
           NetworkPeer datagrams ADDRESS [--connected]     send it a number every 50 ms, until a signal
           NetworkPeer ask ADDRESS TEXT [INTERFACE]        send it a datagram, and wait for an answer

    Prints a line for whatever happens, errors too. An OPTION is user-timeout or deadline (of each read), in
    milliseconds, or keep-alive (idle and interval, with two probes), in seconds. INTERFACE is the one by which what
    is sent to a multicast group leaves.
    """

  static func main() async {
    await Program.run(usage: usage) { words in
      guard words.count >= 2, let address = SocketAddress(words[1]) else {
        throw UsageError("a command and an address are needed")
      }
      switch words[0] {
      case "flood": try await flood(address, Options(words.dropFirst(2)))
      case "wait": try await wait(address, Options(words.dropFirst(2)))
      case "datagrams": try await sendNumbers(to: address, isConnected: words.count > 2)
      case "ask" where words.count > 2: try await ask(address, words[2], words.dropFirst(3).first)
      default: throw UsageError("a command is needed")
      }
    }
  }

  /// The options of a connection.
  struct Options {
    var userTimeout: Duration?
    var keepAlive: KeepAlive?
    var readLimit: Duration?

    init(_ words: ArraySlice<String>) throws(UsageError) {
      for word in words {
        let parts = word.split(separator: "=")
        guard parts.count == 2, let number = Int(parts[1]), number > 0 else {
          throw UsageError("'\(word)' is not an option")
        }
        let seconds = Duration.seconds(number)
        switch parts[0] {
        case "user-timeout": userTimeout = .milliseconds(number)
        case "deadline": readLimit = .milliseconds(number)
        case "keep-alive": keepAlive = KeepAlive(idle: seconds, interval: seconds, count: 2)
        default: throw UsageError("there is no option '\(parts[0])'")
        }
      }
    }

    func connect(to address: SocketAddress) async throws -> TCPConnection {
      let connection = try await TCPConnection.connect(to: address) { socket, _ in
        try socket.set(.userTimeout, to: userTimeout)
        try socket.set(.keepAlive, to: keepAlive)
      }
      try await connection.write([0])
      _ = try await connection.read(exactly: 1)
      Program.printLine("connected \(connection.localAddress) -> \(connection.remoteAddress)")
      return connection
    }

    func read(_ connection: TCPConnection) async throws {
      while try await connection.read(upTo: 1 << 16, deadline: readLimit.map { .now + $0 }) != nil {
        // It is the end that counts.
      }
      Program.printLine("the end of the stream")
    }
  }

  /// Runs a body, and prints the error that ends it.
  static func tell(_ body: () async throws -> Void) async {
    do { try await body() } catch { Program.printLine("\(error)") }
  }

  static func flood(_ address: SocketAddress, _ options: Options) async throws {
    let connection = try await options.connect(to: address)
    let piece = [UInt8](repeating: 7, count: 1 << 16)
    await withDiscardingTaskGroup { group in
      group.addTask { await tell { while true { try await connection.write(piece) } } }
      group.addTask { await tell { try await options.read(connection) } }
    }
    // Whatever ended the connection stays its end.
    await tell { try await options.read(connection) }
    await tell { try await connection.write(piece) }
    connection.close()
  }

  static func wait(_ address: SocketAddress, _ options: Options) async throws {
    let connection = try await options.connect(to: address)
    for _ in 0..<2 { await tell { try await options.read(connection) } }
    connection.close()
  }

  /// Makes a socket that sends to anybody of an address's family.
  static func bind(towards address: SocketAddress) async throws -> UDPSocket {
    switch address.ip {
    case .v4: try await .bind(to: .anyIPv4(port: 0))
    case .v6: try await .bind(to: .any(port: 0), isDualStack: false)
    }
  }

  static func sendNumbers(to address: SocketAddress, isConnected: Bool) async throws {
    let socket: UDPSocket =
      if isConnected { try await .connect(to: address) } else { try await bind(towards: address) }
    try await Program.runUntilSignal {
      try await withThrowingTaskGroup { group in
        group.addTask {
          for number in 1... {
            do {
              try await socket.send("\(number)".utf8, to: isConnected ? nil : address)
              Program.printLine("sent \(number)")
            } catch let error as SocketError {
              Program.printLine("\(number) was not sent: \(error)")
            }
            try await Reactor.sleep(for: .milliseconds(50))
          }
        }
        group.addTask {
          while true {
            do {
              let datagram = try await socket.receive()
              let text = String(decoding: datagram.payload, as: UTF8.self)
              Program.printLine("received \(text) from \(datagram.sender)")
            } catch let error as SocketError {
              Program.printLine("\(error)")
            }
          }
        }
        try await group.next()
      }
    }
  }

  static func ask(_ address: SocketAddress, _ text: String, _ interface: String?) async throws {
    let socket = try await bind(towards: address)
    if let interface {
      guard let index = NetworkInterface.index(ofName: interface) else {
        throw UsageError("there is no interface '\(interface)'")
      }
      try socket.set(.multicastInterface, to: index)
    }
    try await socket.send(text.utf8, to: address)
    let answer = try await socket.receive(deadline: .now + .seconds(10))
    let reply = String(decoding: answer.payload, as: UTF8.self)
    Program.printLine("'\(reply)' from \(answer.sender)")
    socket.close()
  }
}
