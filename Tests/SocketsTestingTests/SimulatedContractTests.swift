import Sockets
import SocketsTesting
import Testing

/// That the simulated network keeps the contracts that real sockets keep.
@Suite(.timeLimit(.minutes(1))) struct SimulatedContractTests {
  @Test(arguments: StreamContract<TCPConnection>.rules)
  func `a simulated TCP connection keeps the contract`(
    rule: StreamContract<TCPConnection>.Rule
  ) async throws {
    try await SimulatedNetwork.run { network in
      try await rule.check(flood: 3_000_000, on: network.reactor) {
        try await TCPConnection.pair(on: $0)
      }
    }
  }

  @Test(arguments: StreamContract<TCPConnection>.rules)
  func `and does when calls move less than they could`(
    rule: StreamContract<TCPConnection>.Rule
  ) async throws {
    try await SimulatedNetwork.run { network in
      network.calls.shortTransfers = 0.5
      try await rule.check(flood: 3_000_000, on: network.reactor) {
        try await TCPConnection.pair(on: $0)
      }
    }
  }

  @Test(arguments: StreamContract<UnixConnection>.rules)
  func `a simulated Unix-domain connection keeps the contract`(
    rule: StreamContract<UnixConnection>.Rule
  ) async throws {
    try await SimulatedNetwork.run { network in
      try await rule.check(flood: 3_000_000, on: network.reactor) {
        try UnixConnection.pair(on: $0)
      }
    }
  }

  @Test(arguments: DatagramContract.rules)
  func `a simulated UDP socket keeps the contract`(rule: DatagramContract.Rule) async throws {
    try await SimulatedNetwork.run { network in
      try await rule.check(on: network.reactor) { reactor in
        let (near, far) = try await UDPSocket.pair(on: reactor)
        return (DatagramEnd(near), DatagramEnd(far))
      }
    }
  }

  @Test(arguments: DatagramContract.rules)
  func `simulated Unix-domain messages keep the contract`(rule: DatagramContract.Rule) async throws
  {
    try await SimulatedNetwork.run { network in
      try await rule.check(on: network.reactor) { reactor in
        let (near, far) = try SeqPacketConnection.pair(on: reactor)
        return (DatagramEnd(near), DatagramEnd(far))
      }
    }
  }
}
