import Glibc
import SampleSupport
import Sockets

/// Takes the descriptors that others pass, and uses them.
struct Receiver {
  /// The most descriptors to take of one message.
  let limit: Int

  /// The most to print of one file, in bytes: it is others who choose the file.
  private static let longestPrint = 1 << 20

  /// Serves one sender after the other.
  func run(at address: UnixAddress) async throws {
    let listener = try await UnixListener.bind(to: address, existing: .replaceStale)
    defer { listener.close() }
    Program.printLine("listening on \(listener.localAddress)")
    for try await connection in listener.connections {
      defer { connection.close() }
      do {
        try await serve(connection)
      } catch let error where !(error is CancellationError) {
        Program.note("\(error)")  // one sender's failure ends one connection
      }
    }
  }

  private func serve(_ connection: UnixConnection) async throws {
    let sender = try connection.peerCredentials
    while true {
      // Owned here: at the end of each round whatever is still in it is closed.
      var descriptors = DescriptorBatch()
      let message = try await Message.read(
        from: connection,
        descriptors: &descriptors,
        atMost: limit
      )
      guard let message else { return }
      let announced = message.items.count
      let taken = UInt8(min(descriptors.count, announced))
      Program.printLine("process \(sender.processID): \(announced) announced, \(taken) taken")
      for item in message.items {
        guard let descriptor = descriptors.popFirst() else {
          Program.printLine("\(item): not taken")
          continue
        }
        do {
          try await use(descriptor, as: item, on: connection.reactor)
        } catch let error as SocketError {
          Program.note("\(item): \(error)")
        }
      }
      if !descriptors.isEmpty { Program.note("\(descriptors.count) more than announced: closed") }
      try await connection.write([taken], deadline: .now + .seconds(10))
    }
  }

  /// Uses a descriptor, which is closed when this returns or throws: its owner goes.
  private func use(
    _ descriptor: consuming OwnedDescriptor,
    as item: Message.Item,
    on reactor: Reactor
  ) async throws {
    switch item.kind {
    case .file:
      let file = File(descriptor, name: "\(item)", on: reactor)
      let output = try File.standardOutput(on: reactor)
      Program.printLine("\(item):")
      var left = Self.longestPrint
      let deadline = ContinuousClock.now + .seconds(2)  // it may be a pipe that nobody writes to
      while left > 0, let bytes = try await file.read(upTo: min(left, 65_536), deadline: deadline) {
        try await output.write(bytes)
        left -= bytes.count
      }
    case .connection:
      // Checked: it throws, and closes the descriptor, if that is no connected TCP socket.
      let client = try TCPConnection(adopting: descriptor)
      defer { client.close() }
      Program.printLine("\(item): \(client.localAddress) -> \(client.remoteAddress)")
      try await client.write("served by process \(getpid())\n", deadline: .now + .seconds(2))
      await client.closeGracefully()
    }
  }
}
