import Command
import FlyingSocks
import FoundationEssentials
import Glibc

/// FlyingSocks: an async socket for each connection, on a pool that waits with epoll.
@main
struct FlyingServer {
  static func main() async throws {
    let pool = SocketPool.ePoll()
    try await pool.prepare()
    let server = FlyingServer(command: Command(), pool: pool)
    try await withThrowingTaskGroup { group in
      group.addTask { try await pool.run() }
      group.addTask { try await server.run() }
      try await group.next()
    }
  }

  let command: Command
  let pool: SocketPool<ePoll>

  func run() async throws {
    switch command.mode {
    case .unix:
      let socket = try Socket(domain: AF_UNIX)
      try socket.bind(to: .unix(path: command.argument))
      try socket.listen()
      command.ready()
      try await serve(socket)
    case .udp:
      let socket = try Socket(domain: AF_INET, type: .datagram)
      try socket.bind(to: .inet(ip4: "127.0.0.1", port: 0))
      command.ready(at: try port(of: socket))
      let asyncSocket = try AsyncSocket(socket: socket, pool: pool)
      while true {
        let (sender, bytes) = try await asyncSocket.receive()
        // To send to the address as it was received recurses without end (0.27.1).
        try await asyncSocket.send(bytes, to: sockaddr_in.make(from: sender.makeStorage()))
      }
    case .client:
      command.ready()
      try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<Workload.clients { group.addTask { while true { try await request() } } }
      }
    case .echo, .bulk, .lines, .frames, .timer, .relay:
      let socket = try Socket(domain: AF_INET)
      try socket.setValue(true, for: .localAddressReuse)
      try socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
      try socket.bind(to: .inet(ip4: "127.0.0.1", port: 0))
      try socket.listen()
      command.ready(at: try port(of: socket))
      try await serve(socket)
    default: command.unsupported()
    }
  }

  private func port(of socket: Socket) throws -> Int? {
    if case .ip4(_, let port) = try socket.sockname() { return Int(port) }
    return nil
  }

  private func serve(_ socket: Socket) async throws {
    let listener = try AsyncSocket(socket: socket, pool: pool)
    try await withThrowingDiscardingTaskGroup { group in
      for try await connection in listener.sockets {
        group.addTask {
          do {
            defer { try? connection.close() }
            try await handle(connection)
          } catch SocketError.disconnected {
            // The client has ended its stream.
          } catch {
            print(error)
          }
        }
      }
    }
  }

  private func handle(_ connection: AsyncSocket) async throws {
    switch command.mode {
    case .lines: try await echoLines(connection)
    case .frames: try await echoFrames(connection)
    case .relay: try await relay(connection)
    default:
      while true {
        let bytes = try await connection.read(atMost: command.chunk)
        if command.mode == .timer {
          try await Task.sleep(for: .milliseconds(Workload.pause))
        }
        try await connection.write(Data(bytes))
      }
    }
  }

  /// There is a sequence of bytes, each read with a system call of its own: reading more at once is left to
  /// the caller.
  private func echoLines(_ connection: AsyncSocket) async throws {
    var buffer: [UInt8] = []
    while true {
      buffer += try await connection.read(atMost: Workload.chunk)
      while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        try await connection.write(Data(line + [UInt8(ascii: "\n")]))
      }
    }
  }

  private func echoFrames(_ connection: AsyncSocket) async throws {
    while true {
      let header = try await connection.read(bytes: 4)
      let length = header.reduce(0) { $0 << 8 | Int($1) }
      let frame = try await connection.read(bytes: length)
      try await connection.write(Data(header + frame))
    }
  }

  private func relay(_ client: AsyncSocket) async throws {
    let server = try await connect()
    defer { try? server.close() }
    try await withThrowingDiscardingTaskGroup { group in
      for (source, target) in [(client, server), (server, client)] {
        group.addTask {
          while true {
            try await target.write(Data(source.read(atMost: command.chunk)))
          }
        }
      }
    }
  }

  private func connect() async throws -> AsyncSocket {
    try await .connected(to: .inet(ip4: "127.0.0.1", port: UInt16(command.port)), pool: pool)
  }

  private func request() async throws {
    let connection = try await connect()
    defer { try? connection.close() }
    try await connection.write(Data(Workload.message))
    let echo = try await connection.read(bytes: Workload.message.count)
    precondition(echo == Workload.message)
  }
}
