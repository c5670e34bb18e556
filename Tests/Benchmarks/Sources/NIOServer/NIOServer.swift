import Command
import NIOCore
import NIOPosix

/// SwiftNIO: channel handlers, or with `--async` its async channels, set up as in NIO's own echo servers.
@main
struct NIOServer {
  static func main() async throws {
    let command = Command()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    if command.has("--async") {
      try await AsyncChannels(command: command, group: group).run()
    } else {
      try await Handlers(command: command, group: group).run()
    }
  }
}

extension SocketAddress {
  /// A port of this machine, without a look-up of its name.
  static func loopback(port: Int) -> SocketAddress {
    do {
      return try SocketAddress(ipAddress: "127.0.0.1", port: port)
    } catch {
      fatalError("\(error)")
    }
  }
}

extension ServerBootstrap {
  /// NIO's echo server has these options, but for `TCP_NODELAY`, which every server here sets.
  static func echoServer(_ group: MultiThreadedEventLoopGroup, _ mode: Command.Mode) -> Self {
    var bootstrap = Self(group: group)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.maxMessagesPerRead, value: 16)
      .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
    if mode != .unix {
      bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    }
    return bootstrap
  }
}

extension DatagramBootstrap {
  /// Reads several datagrams with one call if they come in batches; NIO writes what is flushed together
  /// with one call in any case.
  static func echoServer(_ group: MultiThreadedEventLoopGroup, _ mode: Command.Mode) -> Self {
    let bootstrap = Self(group: group)
    guard mode == .batches else { return bootstrap }
    let allocator = FixedSizeRecvByteBufferAllocator(capacity: 64 * 2_048)
    return bootstrap.channelOption(.datagramVectorReadMessageCount, value: 64)
      .channelOption(.recvAllocator, value: allocator)
  }
}
