public import Sockets
import Synchronization

/// Whom a datagram socket talks to.
public enum DatagramPeer: Sendable {
  /// The one that it is connected to.
  case connected

  /// The first who has sent something, and nobody else.
  case first

  /// Whoever has sent something last.
  case latest
}

/// A talk in datagrams as a byte stream: each write is one, and what is read are the payloads of those that come.
///
/// They have no end.
public final class DatagramStream<Transport: DatagramTransport, Address: TransportAddress>:
  ByteStream
{
  private let socket: DatagramSocket<Transport>
  private let peer: DatagramPeer
  private let note: @Sendable (String) -> Void
  private let sender: @Sendable (Datagram<Transport>) -> Address
  private let send: @Sendable ([UInt8], Address?) async throws -> Void
  private let layer: StreamLayer<Void, Void>

  /// Where to send, unless the socket is connected.
  private let address = Mutex<Address?>(nil)

  /// The most to take of one datagram, in bytes: more than UDP has, and more than a Unix-domain socket sends
  /// unless its buffer was enlarged.
  private let longest = 1 << 18

  private init(
    _ socket: DatagramSocket<Transport>,
    _ peer: DatagramPeer,
    _ note: @escaping @Sendable (String) -> Void,
    sender: @escaping @Sendable (Datagram<Transport>) -> Address,
    send: @escaping @Sendable ([UInt8], Address?) async throws -> Void
  ) throws {
    (self.socket, self.peer, self.note) = (socket, peer, note)
    (self.sender, self.send) = (sender, send)
    layer = try StreamLayer(reading: (), writing: (), on: socket.reactor)
  }

  /// Reads the payloads of those who are talked to: see `ByteStream`.
  public func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    try await layer.fill(upTo: limit, until: isDone) { buffer, _ in
      let datagram = try await socket.receive(upTo: longest, deadline: deadline)
      let sender = sender(datagram)
      let isWanted = address.withLock { address in
        if address == nil || peer == .latest { address = sender }
        return address == sender
      }
      if !isWanted { return true }
      note("\(datagram.length) bytes from \(sender)")
      if datagram.isTruncated { Program.note("\(datagram.length) bytes are cut to \(longest)") }
      buffer.append(datagram.payload)
      return true
    }
  }

  /// Sends a datagram.
  ///
  /// - Parameters:
  ///   - bytes: The payload.
  ///   - deadline: When to give up waiting for earlier ones; `nil` for never.
  /// - Throws: As `ByteStream` says.
  public func write(_ bytes: RawSpan, deadline: ContinuousClock.Instant?) async throws {
    let bytes = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    try await layer.write(deadline: deadline) { _ in
      try await send(bytes, peer == .connected ? nil : address.withLock { $0 })
    }
  }

  /// Does nothing, for datagrams have no end.
  ///
  /// - Parameter deadline: Of no account.
  public func finish(deadline: ContinuousClock.Instant?) {}

  /// Closes the socket.
  public func close() {
    layer.close()
    socket.close()
  }

  /// Closes the socket.
  public func reset() { close() }

  /// Whether the socket was closed.
  public var isClosed: Bool { socket.isClosed }
}

extension DatagramStream where Transport == UDP, Address == SocketAddress {
  /// Begins a talk over UDP.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - peer: Whom to talk to.
  ///   - note: Told of each datagram that comes.
  /// - Throws: `SocketError` if the socket's reactor was stopped.
  public convenience init(
    _ socket: UDPSocket,
    with peer: DatagramPeer,
    note: @escaping @Sendable (String) -> Void
  ) throws {
    try self.init(socket, peer, note, sender: \.sender) { try await socket.send($0, to: $1) }
  }
}

extension DatagramStream where Transport == UnixDatagram, Address == UnixAddress {
  /// Begins a talk over a Unix-domain socket.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - peer: Whom to talk to.
  ///   - note: Told of each datagram that comes.
  /// - Throws: `SocketError` if the socket's reactor was stopped.
  public convenience init(
    _ socket: UnixDatagramSocket,
    with peer: DatagramPeer,
    note: @escaping @Sendable (String) -> Void
  ) throws {
    try self.init(socket, peer, note, sender: \.sender) { try await socket.send($0, to: $1) }
  }
}
