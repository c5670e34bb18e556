import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct SocketActivationTests {
  private func names(_ variables: [String: String]) throws(SocketError) -> [String] {
    try SocketActivation.names(processID: 42) { variables[$0] }
  }

  @Test func `names of the environment`() throws {
    #expect(try names([:]) == [])
    #expect(try names(["LISTEN_FDS": "1"]) == [])
    #expect(try names(["LISTEN_PID": "42"]) == [])
    #expect(try names(["LISTEN_PID": "41", "LISTEN_FDS": "1"]) == [])
    #expect(try names(["LISTEN_PID": "42", "LISTEN_FDS": "0"]) == [])
    #expect(try names(["LISTEN_PID": "42", "LISTEN_FDS": "0", "LISTEN_FDNAMES": ""]) == [])
    #expect(try names(["LISTEN_PID": "42", "LISTEN_FDS": "2"]) == ["unknown", "unknown"])
    let variables = ["LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "web::web"]
    #expect(try names(variables) == ["web", "", "web"])
  }

  @Test(arguments: [
    ["LISTEN_PID": "x", "LISTEN_FDS": "1"], ["LISTEN_PID": "-42", "LISTEN_FDS": "1"],
    ["LISTEN_PID": "42", "LISTEN_FDS": ""], ["LISTEN_PID": "42", "LISTEN_FDS": "-1"],
    ["LISTEN_PID": "42", "LISTEN_FDS": "2147483647"],
    ["LISTEN_PID": "42", "LISTEN_FDS": "99999999999"],
    ["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web"],
    ["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web:log"],
  ])
  func `an environment that contradicts itself is refused`(variables: [String: String]) async {
    let error = await expectError(.invalidArgument) { try names(variables) }
    #expect(error?.operation == .adopt)
    #expect(error?.detail?.hasPrefix("LISTEN_") == true)
  }

  /// The first of 32 numbers that no other descriptor is given.
  ///
  /// The kernel gives the lowest that is free, and tests that run meanwhile have thousands open.
  ///
  /// - Parameter part: Which 32, for tests that run at once.
  /// - Returns: The number.
  private func highNumbers(_ part: Int) -> Int32 {
    let limit = min(sysconf(Int32(_SC_OPEN_MAX)), 1 << 19)
    return Int32(limit - 32 * part)
  }

  /// Consecutive descriptors.
  private func consecutive(_ count: Int32, from first: Int32) throws {
    for number in first..<first + count {
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      listen(socket, 5)
      try #require(dup2(socket, number) == number)
      close(socket)
    }
  }

  @Test func `each descriptor is handed out once and the rest is closed`() async throws {
    let first = highNumbers(1)
    try consecutive(4, from: first)
    do {
      let names = ["web", "log", "web", "rest"]
      var sockets = try SocketActivation(names: names, first: first, kernel: .linux)
      for number in first..<first + 4 { #expect(DescriptorAudit.isCloseOnExec(number)) }
      #expect(sockets.names == names)
      for (name, number) in [("web", first), ("web", first + 2), (nil, first + 1)] {
        let taken = sockets.take(name)?.release()
        #expect(taken == number)
      }
      let isExhausted = sockets.take("web") == nil
      #expect(isExhausted)
      #expect(sockets.names == ["rest"])
    }
    #expect(DescriptorAudit.object(first + 3) == nil)
    for number in first..<first + 3 {
      let listener = try TCPListener(adopting: OwnedDescriptor(owning: number))
      try await TCPConnection.connect(to: .loopback(port: listener.localAddress.port)).close()
      _ = try await listener.accept()
      listener.close()
    }
  }

  @Test func `a missing descriptor is an error that names it`() async throws {
    let missing = highNumbers(3)
    let error = await expectError(.other) {
      _ = try SocketActivation(names: ["web"], first: missing, kernel: .linux)
    }
    #expect(error?.errno == EBADF)
    #expect(error?.detail == "descriptor \(missing), \"web\"")
  }

  @Test func `a process that was started by other means inherits none`() throws {
    let sockets = try SocketActivation.inherited()
    #expect(sockets.names == [])
  }

  @Test func `sockets of every kind are handed out, and adopted as what they are`() async throws {
    let first = highNumbers(2)
    let kinds = UnixAdoptionTests.Kind.allCases
    var names: [String] = []
    var peers: [Int32] = []
    for (offset, kind) in kinds.enumerated() {
      let made: Int32
      switch kind {
      case .tcpConnection:
        let (near, far) = try await TCPConnection.pair()
        made = try near.detach().release()
        peers.append(try far.detach().release())
      case .unixConnection:
        let (near, far) = try UnixConnection.pair()
        made = try near.detach().release()
        peers.append(try far.detach().release())
      case .seqPacketConnection:
        let (near, far) = try SeqPacketConnection.pair()
        made = try near.detach().release()
        peers.append(try far.detach().release())
      default: made = try await kind.make().release()
      }
      try #require(dup2(made, first + Int32(offset)) == first + Int32(offset))
      close(made)
      names.append("\(kind)")
    }
    defer { for peer in peers { close(peer) } }
    var sockets = try SocketActivation(names: names, first: first, kernel: .linux)
    for kind in kinds.reversed() {
      let taken = sockets.take("\(kind)")?.release()
      let number = try #require(taken)
      #expect(DescriptorAudit.isCloseOnExec(number))
      try kind.adopt(OwnedDescriptor(owning: number))
    }
    #expect(sockets.names == [])
  }
}
