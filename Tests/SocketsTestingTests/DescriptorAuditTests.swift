import Sockets
import Testing

@testable import SocketsTesting

@Suite(.timeLimit(.minutes(1))) struct DescriptorAuditTests {
  @Test func `what is new is found, also by one name of several`() {
    let before: [Int32: String] = [1: "pipe:[1]", 2: "anon", 3: "anon", 4: "socket:[4]"]
    #expect(LeakedDescriptors(before: before, after: before).descriptors == [:])
    #expect(
      LeakedDescriptors(before: before, after: [1: "pipe:[1]", 3: "anon"]).descriptors == [:]
    )
    var after = before
    after[7] = "anon"
    after[4] = "socket:[5]"
    #expect(
      LeakedDescriptors(before: before, after: after).descriptors == [7: "anon", 4: "socket:[5]"]
    )
    // The same two, with other numbers.
    #expect(
      LeakedDescriptors(before: [2: "anon", 3: "anon"], after: [3: "anon", 9: "anon"]).descriptors
        == [:]
    )
  }

  @Test func `as many timers as libdispatch may have are none of the program's`() {
    let timer = "anon_inode:[timerfd]"
    let some: [Int32: String] = [1: timer, 2: timer, 3: timer]
    for before: [Int32: String] in [[:], [1: timer], [9: timer]] {
      #expect(LeakedDescriptors(before: before, after: some).descriptors == [:])
    }
    let more = some.merging([4: timer]) { $1 }
    #expect(LeakedDescriptors(before: some, after: more).descriptors == [4: timer])
    #expect(LeakedDescriptors(before: more, after: more).descriptors == [:])
  }

  @Test func `an open socket is among the descriptors, by its object`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let objects = try DescriptorAudit.open()
    let number = try socket.withUnsafeDescriptor { $0 }
    #expect(objects[number]?.hasPrefix("socket:[") == true)
    #expect(objects[number] == DescriptorAudit.object(number))
    socket.close()
  }

  /// In a process of its own, where nobody else opens any.
  @Test func `what is left open is told, what is closed is not`() async {
    await #expect(processExitsWith: .success) {
      try await DescriptorAudit.expectNoneLeft {
        let (near, far) = try await TCPConnection.pair()
        try await near.write([1])
        near.close()
        far.close()
      }
      var kept: [TCPConnection] = []
      do {
        try await DescriptorAudit.expectNoneLeft {
          let (near, far) = try await TCPConnection.pair()
          near.close()
          kept.append(far)
        }
        preconditionFailure("the leak was not found")
      } catch let left as LeakedDescriptors {
        precondition(left.descriptors.count == 1, "\(left)")
        precondition(left.descriptors.values.allSatisfy { $0.hasPrefix("socket:[") })
      }
      for connection in kept { connection.close() }
    }
  }
}
