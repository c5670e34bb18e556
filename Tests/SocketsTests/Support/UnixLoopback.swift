import CSockets
import FoundationEssentials
import Glibc

@testable import Sockets

/// The ways in which two Unix-domain sockets come to be connected.
enum UnixLink: CaseIterable, Sendable {
  case path, abstract, socketPair
}

/// Lends a directory of its own and removes it on every path.
///
/// - Parameter body: What to do with it; its argument is the directory's path.
/// - Returns: The body's result.
/// - Throws: The body's error.
func withDirectory<Result>(
  _ body: nonisolated(nonsending) (String) async throws -> Result
) async throws -> Result {
  let path = "/tmp/sockets-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

/// Lends a connected pair on a reactor that nobody else uses, and closes both ends on every path.
///
/// - Parameters:
///   - link: How they are connected.
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error, or why there is no pair.
func withUnixPair<Result>(
  _ link: UnixLink = .socketPair,
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (Pair<Unix>) async throws -> Result
) async throws -> Result {
  let reactor = try Reactor(name: "pair", kernel: kernel)
  let (near, far) = try await makeUnixPair(link, on: reactor)
  defer {
    near.close()
    far.close()
  }
  return try await body(Pair(reactor: reactor, near: near, far: far))
}

/// Makes a connected pair.
///
/// - Parameters:
///   - link: How they are connected.
///   - reactor: The reactor of both.
/// - Returns: Both ends.
/// - Throws: Why there is no pair.
func makeUnixPair(
  _ link: UnixLink,
  on reactor: Reactor
) async throws -> (UnixConnection, UnixConnection) {
  switch link {
  case .socketPair: try UnixConnection.pair(on: reactor)
  case .abstract: try await connected(to: .unnamed, on: reactor)
  case .path:
    try await withDirectory { try await connected(to: .path($0 + "/s"), on: reactor) }
  }
}

private func connected(
  to address: UnixAddress,
  on reactor: Reactor
) async throws -> (UnixConnection, UnixConnection) {
  let listener = try await UnixListener.bind(to: address, on: [reactor])
  defer { listener.close() }
  let near = try await UnixConnection.connect(to: listener.localAddress, on: reactor)
  return (near, try await listener.accept())
}

/// A Unix-domain socket without the library: for peers that do what the library never would.
final class RawUnixSocket: Sendable {
  let number: Int32

  init(type: Int32 = Int32(SOCK_STREAM.rawValue)) {
    number = socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  deinit { Glibc.close(number) }

  /// Binds, and says whether that went well.
  func bind(to address: UnixAddress) -> Bool {
    unsafe KernelAddress(address).withBytes { bytes in
      unsafe Kernel.linux.call.bind(number, bytes) == 0
    }
  }

  /// Listens, and says whether that went well.
  func listen(_ backlog: Int32 = 1) -> Bool { Glibc.listen(number, backlog) == 0 }
}

/// What a path's file is.
struct FileLook: Equatable {
  let inode: UInt64
  let mode: UInt32

  /// Looks; `nil` if there is none.
  init?(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    mode = status.st_mode & 0o777
  }
}
