import SampleSupport
import Sockets
import Synchronization

/// A talk in datagrams: each read of standard input is one, and the payload of each that comes is printed.
///
/// Datagrams have no end: it runs until nothing has moved for `--wait`, or a signal.
final class DatagramSession: Sendable {
  /// The most bytes of standard input in one datagram.
  private static let longest = 16_384

  private let socket: UDPSocket
  private let arguments: Arguments
  private let input: File
  private let output: File
  private let activity = Activity()

  /// To whom to send; `nil` until one has sent something, or if the socket is connected.
  private let peer = Mutex<SocketAddress?>(nil)

  init(_ socket: UDPSocket, _ arguments: Arguments) throws {
    self.socket = socket
    self.arguments = arguments
    input = try File.standardInput(on: socket.reactor)
    output = try File.standardOutput(on: socket.reactor)
  }

  /// Runs until nothing has moved for `--wait`.
  func run() async throws {
    defer { socket.close() }
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

  /// Prints the next datagram, unless it is from someone else than the first one.
  private func receive() async throws {
    let datagram = try await socket.receive()
    let isWanted = peer.withLock { peer in
      if peer == nil || arguments.keepsOpen { peer = datagram.sender }
      return peer == datagram.sender
    }
    guard isWanted else { return }
    activity.note()
    if arguments.isVerbose { Program.note("\(datagram.length) bytes from \(datagram.sender)") }
    try await output.print(datagram.payload)
  }

  /// Sends what standard input brings, until it ends.
  private func send() async throws {
    while let bytes = try await input.read(upTo: Self.longest) {
      let address = arguments.listens ? peer.withLock { $0 } : nil
      try await socket.send(bytes, to: address)
      activity.note()
    }
  }
}
