import Command
import NIOCore
import NIOPosix

/// The servers of channel handlers.
struct Handlers {
  let command: Command
  let group: MultiThreadedEventLoopGroup

  func run() async throws {
    switch command.mode {
    case .udp, .batches:
      let channel = try await DatagramBootstrap.echoServer(group, command.mode)
        .channelInitializer { $0.addHandlers { [EchoHandler()] } }
        .bind(host: "127.0.0.1", port: 0).get()
      command.ready(at: channel.localAddress?.port)
      try await channel.closeFuture.get()
    case .client:
      command.ready()
      for _ in 0..<Workload.clients { connect() }
      try await group.any().makePromise(of: Void.self).futureResult.get()
    case .unix:
      let channel = try await bootstrap().bind(unixDomainSocketPath: command.argument).get()
      command.ready()
      try await channel.closeFuture.get()
    default:
      let channel = try await bootstrap().bind(host: "127.0.0.1", port: 0).get()
      command.ready(at: channel.localAddress?.port)
      try await channel.closeFuture.get()
    }
  }

  private func bootstrap() -> ServerBootstrap {
    let (mode, port) = (command.mode, command.port)
    return .echoServer(group, mode).childChannelInitializer { channel in
      if mode == .relay { return Self.relay(channel, to: port) }
      return channel.addHandlers {
        switch mode {
        case .lines: [ByteToMessageHandler(LineDecoder()), LineEncoder(), EchoHandler()]
        case .frames: [ByteToMessageHandler(FrameDecoder()), FrameEncoder(), EchoHandler()]
        case .timer: [TimerHandler()]
        case .deadline: [IdleStateHandler.ofReads(), TimeoutHandler(), EchoHandler()]
        default: [BackPressureHandler(), EchoHandler()]
        }
      }
    }
  }

  private static func relay(_ client: any Channel, to port: Int) -> EventLoopFuture<Void> {
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(to: .loopback(port: port))
      .flatMapThrowing { server in
        let (first, second) = GlueHandler.pair()
        try client.pipeline.syncOperations.addHandler(first)
        try server.pipeline.syncOperations.addHandler(second)
      }
  }

  private func connect() {
    ClientBootstrap(group: group)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { $0.addHandlers { [ClientHandler()] } }
      .connect(to: .loopback(port: command.port))
      .flatMap(\.closeFuture)
      .whenComplete { result in
        if case .failure(let error) = result { fatalError("\(error)") }
        connect()
      }
  }
}

extension Channel {
  /// Adds handlers from within a bootstrap's initializer.
  func addHandlers(
    _ handlers: @escaping @Sendable () -> [any ChannelHandler]
  ) -> EventLoopFuture<Void> {
    eventLoop.makeCompletedFuture { try pipeline.syncOperations.addHandlers(handlers()) }
  }
}

/// Sends back what comes: bytes, datagrams, lines or frames.
final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Sends back what comes, a little later.
final class TimerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Workload.pause)) {
      context.writeAndFlush(data, promise: nil)
    }
  }
}

extension IdleStateHandler {
  /// Tells when nothing was read for as long as a read may take.
  static func ofReads() -> IdleStateHandler {
    IdleStateHandler(readTimeout: .seconds(Workload.limit))
  }
}

/// Closes a connection whose client sends nothing for long.
final class TimeoutHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}

/// Sends one message, waits for its echo, closes.
final class ClientHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var received = ByteBuffer()

  func channelActive(context: ChannelHandlerContext) {
    let message = context.channel.allocator.buffer(bytes: Workload.message)
    context.writeAndFlush(wrapOutboundOut(message), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    received.writeBuffer(&part)
    if received.readableBytes < Workload.message.count { return }
    precondition(received.readableBytesView.elementsEqual(Workload.message))
    context.close(promise: nil)
  }
}
