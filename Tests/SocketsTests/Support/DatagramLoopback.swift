import Glibc

@testable import Sockets

/// What a Unix-domain datagram socket is bound to.
enum UnixPlace: CaseIterable, Sendable {
  case path, abstract
}

/// Lends a bound receiver on a reactor that nobody else uses, and closes it on every path.
///
/// - Parameters:
///   - place: What it is bound to.
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error, or why there is no socket.
func withUnixReceiver<Result>(
  _ place: UnixPlace = .abstract,
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (UnixDatagramSocket, Reactor) async throws -> Result
) async throws -> Result {
  let reactor = try Reactor(name: "datagrams", kernel: kernel)
  func run(_ address: UnixAddress) async throws -> Result {
    let receiver = try await UnixDatagramSocket.bind(to: address, on: reactor)
    defer { receiver.close() }
    return try await body(receiver, reactor)
  }
  switch place {
  case .abstract: return try await run(.unnamed)
  case .path: return try await withDirectory { try await run(.path($0 + "/receiver")) }
  }
}

extension DatagramSocket {
  /// The descriptor's number.
  var descriptor: Int32 { port.registration.number ?? -1 }

  /// Receives into memory of the caller.
  ///
  /// - Parameter capacity: The memory's size.
  /// - Returns: The bytes that were added, and the header.
  /// - Throws: As the receive.
  func receiveIntoSpan(capacity: Int) async throws -> ([UInt8], DatagramHeader<Transport>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
    defer { unsafe memory.deallocate() }
    var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
    let header = try await receive(into: &span)
    let count = unsafe span.finalize(for: memory)
    return unsafe (Array(memory[..<count]), header)
  }
}

extension DatagramSocket where Transport == UnixDatagram {
  /// Sends until the receiver's queue is full.
  ///
  /// - Parameter address: The receiver; `nil` for the peer.
  /// - Returns: How many datagrams it took, each of two bytes: its number.
  /// - Throws: What a send throws, other than that it would have to wait.
  func fill(_ address: UnixAddress? = nil) async throws -> Int {
    var count = 0
    while true {
      do {
        let payload = [UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        try await send(payload, to: address, deadline: .now)
        count += 1
      } catch let error as SocketError where error.code == .timedOut {
        return count
      }
    }
  }
}
