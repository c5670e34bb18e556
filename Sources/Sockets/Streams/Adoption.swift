/// Taking over a descriptor that another part of the program, or another program, has opened.
struct Adoption {
  /// What is asked for, for example "a listening TCP socket".
  let expected: String

  /// Whether a socket is of the kind.
  let isKind: @Sendable (Socket.Kind) -> Bool

  /// Whether it is to listen.
  let listens: Bool

  /// Checks a descriptor, makes it close-on-exec and non-blocking, and registers it.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - loop: The loop that is to watch it.
  ///   - ends: Asks for the socket's names: the last of the checks.
  /// - Returns: The registration, which owns the descriptor, and the names.
  /// - Throws: What users see; the descriptor is then closed.
  func register<Ends>(
    _ descriptor: consuming OwnedDescriptor,
    with loop: EventLoop,
    ends: (Socket) throws(Errno) -> Ends
  ) throws -> (Registration, Ends) {
    let descriptor = FileDescriptor(owning: descriptor.release(), kernel: loop.kernel)
    let (number, socket) = (descriptor.number, descriptor.socket)
    let (kind, isListening): (Socket.Kind, Bool)
    do {
      (kind, isListening) = (try socket.kind(), try socket.isListening())
    } catch {
      throw SocketError(
        error.code,
        operation: .adopt,
        errno: error.rawValue,
        detail: "descriptor \(number)"
      )
    }
    guard isKind(kind), isListening == listens else {
      let state = isListening ? "listening" : "not listening"
      throw SocketError(
        .invalidArgument,
        operation: .adopt,
        detail: "descriptor \(number) is not \(expected): \(kind), \(state)"
      )
    }
    do throws(OperationFailure) {
      let ends = try failing { () throws(Errno) in
        let ends = try ends(socket)
        try socket.setDescriptorFlags()
        return ends
      }
      return (try loop.register(descriptor, initial: .untried), ends)
    } catch {
      throw error.error(.adopt)
    }
  }
}
