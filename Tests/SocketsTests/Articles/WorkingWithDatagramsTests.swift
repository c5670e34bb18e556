import SocketsTesting
import Testing

@testable import Sockets

/// The snippets of the article on datagrams, run.
@Suite(.timeLimit(.minutes(1))) struct WorkingWithDatagramsTests {
  /// Runs a server at an address while a client talks to it.
  private func withServer(
    _ serve: @escaping @Sendable (SocketAddress) async throws -> Void,
    _ body: (SocketAddress) async throws -> Void
  ) async throws {
    let address = try await unusedAddress(at: .loopback(port: 0)) {
      try await UDPSocket.bind(to: $0).close()
    }
    let served = Task { try await serve(address) }
    defer { served.cancel() }
    try await body(address)
  }

  @Test func `an echo server, and a client that asks again`() async throws {
    try await withServer { address in
      let socket = try await UDPSocket.bind(to: address)
      for try await datagram in socket.datagrams {
        try await socket.send(datagram.payload, to: datagram.sender)
      }
    } _: { server in
      let socket = try await UDPSocket.connect(to: server)
      func ask(_ question: [UInt8]) async throws -> [UInt8]? {
        for patience in [200, 400, 800] {
          try await socket.send(question)
          do {
            return try await socket.receive(deadline: .now + .milliseconds(patience)).payload
          } catch let error as SocketError
            where error.code == .timedOut || error.code == .connectionRefused
          {
            continue
          }
        }
        return nil
      }
      var answer: [UInt8]?
      repeat { answer = try await ask([7]) } while answer == nil  // it may not be bound yet
      #expect(answer == [7])
    }
  }

  @Test func `batches`() async throws {
    try await withServer { address in
      let socket = try await UDPSocket.bind(to: address, coalesces: true)
      var requests = ReceiveBatch()
      var replies = SendBatch()
      while !socket.isClosed {
        try await socket.receiveBatch(into: &requests)
        for index in requests.indices {
          let sender = requests.sender(at: index)
          while !replies.append(requests.payload(at: index), to: sender) {
            try await socket.sendBatch(&replies)
          }
        }
        try await socket.sendBatch(&replies)
      }
    } _: { server in
      let client = try await UDPSocket.connect(to: server)
      var isUp = false
      while !isUp {
        try await client.send([])
        isUp = (try? await client.receive()) != nil  // or refused, as long as it is not bound
      }
      for index in 0..<40 { try await client.send([UInt8(index)]) }
      for index in 0..<40 { #expect(try await client.receive().payload == [UInt8(index)]) }
    }
  }

  @Test func `one that is cut, one that is split, and an answer`() async throws {
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    let client = try await UDPSocket.connect(to: server.localAddress)
    var notes: [String] = []
    func note(_ line: String) { notes.append(line) }
    do {
      let socket = server
      try await client.send(pattern(600))
      let datagram = try await socket.receive(upTo: 512)
      if datagram.isTruncated {
        note("\(datagram.length) bytes, of which \(datagram.payload.count)")
      }
    }
    #expect(notes == ["600 bytes, of which 512"])
    do {
      let (socket, receiver, file) = (client, server.localAddress, pattern(3_000))
      try await socket.send(file, to: receiver, metadata: DatagramMetadata(segmentSize: 1_200))
    }
    var lengths: [Int] = []
    for _ in 0..<3 { lengths.append(try await server.receive().length) }
    #expect(lengths == [1_200, 1_200, 600])
    do {
      let socket = server
      try await client.send([1])
      let request = try await socket.receive()
      try await socket.send([2], to: request.sender, metadata: request.metadata.reply)
    }
    #expect(try await client.receive().payload == [2])
  }

  @Test func `a group`() async throws {
    let group = IPAddress.v4(IPv4Address(239, 77, 4, 1))
    let interface = try #require(NetworkInterface.index(ofName: "lo"))
    let member = try await UDPSocket.bind(to: .anyIPv4(port: 0), reusesAddress: true)
    try member.join(group, interface: interface)
    let sender = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    try sender.set(.multicastInterface, to: interface)
    try sender.set(.multicastHopLimit, to: 1)
    try await sender.send([1], to: SocketAddress(group, port: member.localAddress.port))
    let datagram = try await member.receive()
    #expect(datagram.payload == [1])
  }

  @Test func `a broadcast`() async throws {
    let receiver = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    let (broadcast, port) = (IPv4Address(127, 255, 255, 255), receiver.localAddress.port)
    let socket = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    try socket.set(.broadcast, to: true)
    try await socket.send([1], to: SocketAddress(broadcast, port: port))
    #expect(try await receiver.receive().payload == [1])
  }

  @Test func `a pair within the machine`() async throws {
    let (parent, child) = try UnixDatagramSocket.pair()
    try await parent.send(Array("work".utf8))
    let work = try await child.receive()
    #expect(work.payload == Array("work".utf8))
  }
}
