internal import Synchronization

extension SocketConnection {
  /// That a read would not suspend: there are bytes, the end of the stream, or an error.
  ///
  /// For ``firstReady(of:deadline:on:)``. Bytes that an earlier read has left in the connection
  /// count.
  public var readable: Readiness {
    Readiness(stream.registration, .readable) { [weak stream] in
      stream?.hasBuffer.load(ordering: .relaxed) ?? false
    }
  }

  /// That a write of a few bytes would not suspend.
  ///
  /// For ``firstReady(of:deadline:on:)``.
  public var writable: Readiness { Readiness(stream.registration, .writable) }
}

extension SocketConnection where Transport == TCP {
  /// That urgent data has been announced and its place not yet read.
  ///
  /// For ``firstReady(of:deadline:on:)``. It can be ready before the urgent byte itself has
  /// arrived. See ``sendUrgent(_:deadline:)``.
  public var urgent: Readiness { Readiness(stream.registration, .urgent) }
}

extension SocketListener {
  /// That an accept would not suspend: a client has connected.
  ///
  /// For ``firstReady(of:deadline:on:)``. The client can be gone again by the time it is accepted,
  /// and the accept then waits for the next one.
  public var acceptable: Readiness { Readiness(acceptor.registration, .readable) }
}

extension SeqPacketConnection {
  /// That a receive would not suspend: there is a message, the end, or an error.
  ///
  /// For ``firstReady(of:deadline:on:)``.
  public var readable: Readiness { Readiness(stream.registration, .readable) }

  /// That a send of a short message would not suspend.
  ///
  /// For ``firstReady(of:deadline:on:)``.
  public var writable: Readiness { Readiness(stream.registration, .writable) }
}
