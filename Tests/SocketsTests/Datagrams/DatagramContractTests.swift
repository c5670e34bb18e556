import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct DatagramContractTests {
  @Test(arguments: DatagramContract.rules, Family.allCases)
  func `a connected UDP socket keeps the contract`(
    rule: DatagramContract.Rule,
    family: Family
  ) async throws {
    try await rule.check(longest: family == .ipv4 ? 65_507 : 65_527) { reactor in
      let (near, far) = try await UDPSocket.pair(over: family.loopback, on: reactor)
      return (DatagramEnd(near), DatagramEnd(far))
    }
  }

  @Test(arguments: DatagramContract.rules)
  func `a Unix-domain datagram socket keeps the contract`(
    rule: DatagramContract.Rule
  ) async throws {
    try await rule.check { reactor in
      let (near, far) = try UnixDatagramSocket.pair(on: reactor)
      return (DatagramEnd(near), DatagramEnd(far))
    }
  }

  @Test(arguments: DatagramContract.rules)
  func `a connection that keeps messages apart keeps the contract`(
    rule: DatagramContract.Rule
  ) async throws {
    try await rule.check { reactor in
      let (near, far) = try SeqPacketConnection.pair(on: reactor)
      return (DatagramEnd(near), DatagramEnd(far))
    }
  }
}
