import Sockets

/// The sockets of the service, of which there is one set, however many processes have come and gone: the
/// one that clients connect to, and the one at which a successor asks for both.
struct Inheritance {
  let listener: TCPListener
  let control: UnixListener

  /// The process that they come from, which serves until it is told that this one does.
  private let predecessor: UnixConnection?

  /// Takes the sockets over from the process that has them; makes them if there is none.
  static func obtain(_ control: UnixAddress, _ address: SocketAddress) async throws -> Inheritance {
    for _ in 0..<10 {
      do {
        let predecessor = try await UnixConnection.connect(to: control)
        var descriptors = DescriptorBatch()
        let word = try await predecessor.read(upTo: 1, descriptors: &descriptors)
        if word == Words.take, let first = descriptors.popFirst(),
          let second = descriptors.popFirst()
        {
          return Inheritance(
            listener: try TCPListener(adopting: first),
            control: try UnixListener(adopting: second),
            predecessor: predecessor
          )
        }
        // It has ended before it came to us: look again.
      } catch let error as SocketError where error.code == .connectionReset {
        continue
      } catch let error as SocketError
        where error.code == .connectionRefused || error.code == .fileNotFound
      {
        // The control socket first: of several that start at once, one gets it, and the others fail.
        let control = try await UnixListener.bind(
          to: control,
          existing: .replaceStale,
          mode: 0o600  // whoever may connect may have the service
        )
        return Inheritance(
          listener: try await TCPListener.bind(to: address),
          control: control,
          predecessor: nil
        )
      }
    }
    throw SocketError(
      .connectionReset,
      operation: .connect,
      remoteAddress: control,
      detail: "whoever listens there does not hand anything over"
    )
  }

  /// Tells the predecessor that it may go, and waits until it accepts nobody any more.
  ///
  /// Should it be gone already, then all is this process's.
  func confirm() async throws {
    guard let predecessor else { return }
    defer { predecessor.close() }
    do {
      try await predecessor.write(Words.serving)
      _ = try await predecessor.read(upTo: 1)
    } catch is SocketError {}
  }

  /// Offers the sockets to a process that asks for them.
  ///
  /// - Returns: Whether it serves now. If it ends before, nothing has changed.
  func offer(to successor: UnixConnection) async -> Bool {
    do {
      var descriptors = DescriptorBatch()
      descriptors.append(try OwnedDescriptor(duplicating: listener))
      descriptors.append(try OwnedDescriptor(duplicating: control))
      try await successor.write(Words.take, passing: descriptors)
      return try await successor.read(exactly: 1) == Words.serving
    } catch {
      return false
    }
  }

  /// What the two processes say to each other; the last word is the end of the connection.
  private enum Words {
    static let take = Array("T".utf8)
    static let serving = Array("S".utf8)
  }
}
