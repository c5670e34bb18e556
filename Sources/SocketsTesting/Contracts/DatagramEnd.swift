public import Sockets

/// One of two ends that send each other datagrams: what a ``DatagramContract`` needs to know of it.
public struct DatagramEnd: Sendable {
  let send: @Sendable ([UInt8], ContinuousClock.Instant?) async throws -> Void
  let receive: @Sendable (Int, ContinuousClock.Instant?) async throws -> ([UInt8], length: Int)
  let close: @Sendable () -> Void

  /// Describes an end of any kind.
  ///
  /// - Parameters:
  ///   - send: Sends bytes as a datagram to the other end, until a deadline; `nil` for without one.
  ///   - receive: Receives a datagram, at most so many bytes of it, until a deadline, and says how long it was when
  ///     it was sent.
  ///   - close: Closes the end.
  public init(
    send: @escaping @Sendable ([UInt8], ContinuousClock.Instant?) async throws -> Void,
    receive:
      @escaping @Sendable (Int, ContinuousClock.Instant?) async throws -> ([UInt8], length: Int),
    close: @escaping @Sendable () -> Void
  ) {
    self.send = send
    self.receive = receive
    self.close = close
  }

  /// Describes a UDP socket that is connected to its peer.
  ///
  /// - Parameter socket: The socket.
  public init(_ socket: UDPSocket) {
    self.init(receivingFrom: socket) { try await socket.send($0, deadline: $1) }
  }

  /// Describes a Unix-domain datagram socket that is connected to its peer.
  ///
  /// - Parameter socket: The socket.
  public init(_ socket: UnixDatagramSocket) {
    self.init(receivingFrom: socket) { try await socket.send($0, deadline: $1) }
  }

  private init<Transport: DatagramTransport>(
    receivingFrom socket: Sockets.DatagramSocket<Transport>,
    send: @escaping @Sendable ([UInt8], ContinuousClock.Instant?) async throws -> Void
  ) {
    self.init(send: send) {
      let datagram = try await socket.receive(upTo: $0, deadline: $1)
      return (datagram.payload, datagram.length)
    } close: {
      socket.close()
    }
  }

  /// Describes a connection that keeps the boundaries of messages.
  ///
  /// - Parameter connection: The connection.
  public init(_ connection: SeqPacketConnection) {
    self.init {
      try await connection.send($0, deadline: $1)
    } receive: {
      guard let message = try await connection.receive(upTo: $0, deadline: $1) else {
        throw SocketError(.unexpectedEndOfStream, operation: .receive)
      }
      return (message.payload, message.length)
    } close: {
      connection.close()
    }
  }
}
