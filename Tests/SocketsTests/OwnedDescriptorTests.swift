import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct OwnedDescriptorTests {
  @Test func `an owned descriptor is closed once, by whoever owns it last`() throws {
    var numbers = [Int32](repeating: -1, count: 2)
    try #require(unsafe pipe(&numbers) == 0)
    let reader = OwnedDescriptor(owning: numbers[0])
    do {
      let writer = OwnedDescriptor(owning: numbers[1])
      let second = try writer.withUnsafeDescriptor { try OwnedDescriptor(duplicating: $0) }
      second.withUnsafeDescriptor { #expect(DescriptorAudit.isCloseOnExec($0)) }
      let released = second.release()
      #expect(DescriptorAudit.object(released) == DescriptorAudit.object(numbers[1]))
      var batch = DescriptorBatch()
      batch.append(OwnedDescriptor(owning: released))
      batch.append(writer)
      #expect(batch.count == 2)
      let first = batch.popFirst()
      #expect(batch.count == 1)
      reader.withUnsafeDescriptor { #expect(!DescriptorAudit.isHungUp($0)) }
      if first == nil { Issue.record("the batch was empty") }
    }
    reader.withUnsafeDescriptor { #expect(DescriptorAudit.isHungUp($0)) }
    let error = #expect(throws: SocketError.self) { _ = try OwnedDescriptor(duplicating: -1) }
    #expect(error?.errno == EBADF)
    #expect(error?.operation == .descriptor)
  }
}
