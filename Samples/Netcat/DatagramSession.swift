import SampleSupport
import Sockets
import Synchronization

/// A talk in datagrams: each read of standard input is one, and the payload of each that comes is printed.
///
/// Datagrams have no end: it runs until nothing has moved for `--wait`, or a signal.
final class DatagramSession<Transport: DatagramTransport, Address: TransportAddress>: Sendable {
  private let socket: DatagramSocket<Transport>
  private let arguments: Arguments
  private let input: File
  private let output: File
  private let activity = Activity()

  /// To whom to send; `nil` until one has sent something, or if the socket is connected.
  private let peer = Mutex<Address?>(nil)

  private let sender: @Sendable (Datagram<Transport>) -> Address
  private let sendOne: @Sendable ([UInt8], Address?) async throws -> Void

  /// - Parameters:
  ///   - socket: A socket that is connected, or with `--listen` one that is not.
  ///   - arguments: The command line.
  ///   - sender: Who has sent a datagram.
  ///   - send: Sends one, to the peer of the connected socket if there is no address.
  /// - Throws: `SocketError` when no descriptor is left.
  init(
    _ socket: DatagramSocket<Transport>,
    _ arguments: Arguments,
    sender: @escaping @Sendable (Datagram<Transport>) -> Address,
    send: @escaping @Sendable ([UInt8], Address?) async throws -> Void
  ) throws {
    self.socket = socket
    self.arguments = arguments
    self.sender = sender
    sendOne = send
    input = try File.standardInput(on: socket.reactor)
    output = try File.standardOutput(on: socket.reactor)
  }

  /// Runs until nothing has moved for `--wait`.
  func run() async throws {
    if arguments.listens { try await receive() }  // until then there is nobody to send to
    try await withTaskExecutorPreference(socket.reactor) {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { while true { try await self.receive() } }
        group.addTask {
          try await self.send()
          return false
        }
        if let wait = arguments.wait, !arguments.keepsOpen {
          group.addTask {
            try await self.activity.waitUntilIdle(for: wait)
            return true
          }
        }
        defer { group.cancelAll() }
        while try await group.next() == false {}
      }
    }
  }

  /// The most to take of one datagram, in bytes: more than UDP has, and more than a Unix-domain socket sends
  /// unless its buffer was enlarged.
  private var longest: Int { 1 << 18 }

  /// Prints the next datagram, unless it is from someone else than the first one.
  private func receive() async throws {
    let datagram = try await socket.receive(upTo: longest)
    let sender = sender(datagram)
    let isWanted = peer.withLock { peer in
      if peer == nil || arguments.keepsOpen { peer = sender }
      return peer == sender
    }
    guard isWanted else { return }
    activity.note()
    if arguments.isVerbose { Program.note("\(datagram.length) bytes from \(sender)") }
    if datagram.isTruncated { Program.note("\(datagram.length) bytes are cut to \(longest)") }
    try await output.print(datagram.payload)
  }

  /// Sends what standard input brings, until it ends.
  private func send() async throws {
    while let bytes = try await input.read(upTo: 16_384) {
      try await sendOne(bytes, arguments.listens ? peer.withLock { $0 } : nil)
      activity.note()
    }
  }
}
