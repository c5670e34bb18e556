import Command
import NIOCore
import NIOPosix

/// The servers of async channels: a task for each connection, as in NIO's own TCP echo server.
struct AsyncChannels {
  typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>
  typealias Datagram = AddressedEnvelope<ByteBuffer>

  let command: Command
  let group: MultiThreadedEventLoopGroup

  func run() async throws {
    switch command.mode {
    case .udp, .batches:
      let channel = try await DatagramBootstrap.echoServer(group, command.mode)
        .bind(host: "127.0.0.1", port: 0) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<Datagram, Datagram>(wrappingChannelSynchronously: channel)
          }
        }
      command.ready(at: channel.channel.localAddress?.port)
      try await channel.executeThenClose { inbound, outbound in
        for try await datagram in inbound { try await outbound.write(datagram) }
      }
    case .client:
      command.ready()
      try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<Workload.clients { group.addTask { while true { try await request() } } }
      }
    case .unix:
      let channel = try await ServerBootstrap.echoServer(group, command.mode)
        .bind(unixDomainSocketPath: command.argument, childChannelInitializer: initializer)
      command.ready()
      try await serve(channel)
    default:
      let channel = try await ServerBootstrap.echoServer(group, command.mode)
        .bind(host: "127.0.0.1", port: 0, childChannelInitializer: initializer)
      command.ready(at: channel.channel.localAddress?.port)
      try await serve(channel)
    }
  }

  private var initializer: @Sendable (any Channel) -> EventLoopFuture<Stream> {
    let mode = command.mode
    return { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        switch mode {
        case .lines: try pipeline.addHandlers(ByteToMessageHandler(LineDecoder()), LineEncoder())
        case .frames: try pipeline.addHandlers(ByteToMessageHandler(FrameDecoder()), FrameEncoder())
        case .deadline:
          try pipeline.addHandlers(IdleStateHandler.ofReads(), TimeoutHandler())
        default: break
        }
        return try Stream(wrappingChannelSynchronously: channel)
      }
    }
  }

  private func serve(_ channel: NIOAsyncChannel<Stream, Never>) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      try await channel.executeThenClose { connections in
        for try await connection in connections {
          group.addTask {
            do {
              try await handle(connection)
            } catch {
              print(error)
            }
          }
        }
      }
    }
  }

  private func handle(_ connection: Stream) async throws {
    if command.mode == .relay { return try await relay(connection) }
    try await connection.executeThenClose { inbound, outbound in
      for try await message in inbound {
        if command.mode == .timer {
          try await Task.sleep(for: .milliseconds(Workload.pause))
        }
        try await outbound.write(message)
      }
    }
  }

  private func connect() async throws -> Stream {
    try await ClientBootstrap(group: group)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(to: .loopback(port: command.port)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try Stream(wrappingChannelSynchronously: channel)
        }
      }
  }

  private func relay(_ client: Stream) async throws {
    let server = try await connect()
    try await client.executeThenClose { fromClient, toClient in
      try await server.executeThenClose { fromServer, toServer in
        try await withThrowingDiscardingTaskGroup { group in
          group.addTask {
            for try await bytes in fromClient { try await toServer.write(bytes) }
            toServer.finish()
          }
          group.addTask {
            for try await bytes in fromServer { try await toClient.write(bytes) }
            toClient.finish()
          }
        }
      }
    }
  }

  private func request() async throws {
    try await connect().executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(bytes: Workload.message))
      var received = ByteBuffer()
      for try await part in inbound {
        received.writeImmutableBuffer(part)
        if received.readableBytes >= Workload.message.count { break }
      }
      precondition(received.readableBytesView.elementsEqual(Workload.message))
    }
  }
}
