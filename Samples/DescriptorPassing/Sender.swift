import Glibc
import SampleSupport
import Sockets

/// Opens files, or accepts a connection, and passes the descriptors.
struct Sender {
  /// Where the receiver listens.
  let address: UnixAddress

  /// Opens files and passes them, as many at a time as one message can carry.
  func send(files: [String]) async throws {
    try await UnixConnection.connect(to: address) { connection in
      var rest = files[...]
      while !rest.isEmpty {
        let names = rest.prefix(DescriptorBatch.maximumCount)
        var descriptors = DescriptorBatch()
        for name in names { descriptors.append(try Self.open(name)) }
        try await send(names.map { .init(kind: .file, name: $0) }, descriptors, over: connection)
        rest = rest.dropFirst(names.count)
      }
    }
  }

  /// Accepts one client and passes its connection.
  func sendConnection(port: UInt16) async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: port))
    Program.printLine("listening on \(listener.localAddress)")
    let client = try await listener.accept()
    listener.close()
    let item = Message.Item(kind: .connection, name: "\(client.remoteAddress)")
    var descriptors = DescriptorBatch()
    descriptors.append(try client.detach())  // no longer the library's, and still connected
    let connection = try await UnixConnection.connect(to: address)
    try await send([item], descriptors, over: connection)
    connection.close()
  }

  /// Passes descriptors.
  ///
  /// The receiver gets its own for the same open files. Ours are closed when this returns: `descriptors`
  /// is consumed.
  private func send(
    _ items: [Message.Item],
    _ descriptors: consuming DescriptorBatch,
    over connection: UnixConnection
  ) async throws {
    try await connection.write(Message(items: items).bytes, passing: descriptors)
    let answer = try await connection.read(exactly: 1)
    let taken = min(answer.map { Int($0[0]) } ?? 0, items.count)
    Program.printLine("\(items.count) passed, \(taken) taken")
    for item in items[taken...] { Program.note("\(item): refused") }
    if taken < items.count {
      throw Failure("the receiver has not taken \(items.count - taken) of the descriptors")
    }
  }

  /// Opens a file to be read.
  private static func open(_ name: String) throws -> OwnedDescriptor {
    // Close-on-exec, so that no child process inherits it; a named pipe must not make this wait.
    let number = unsafe Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else {
      let reason = unsafe String(cString: strerror(errno))
      throw Failure("cannot open \(name.debugDescription): \(reason)")
    }
    return OwnedDescriptor(owning: number)
  }
}
