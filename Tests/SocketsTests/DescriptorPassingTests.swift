import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Sockets that nobody else has: the objects behind them tell them apart.
private func makeBatch(of count: Int) -> DescriptorBatch {
  var batch = DescriptorBatch()
  for _ in 0..<count {
    let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    batch.append(OwnedDescriptor(owning: number))
  }
  return batch
}

/// The objects behind descriptors.
private func objects(of batch: borrowing DescriptorBatch) -> [String] {
  batch.numbers.map { DescriptorAudit.object($0) ?? "none" }
}

/// A pipe.
///
/// - Parameter writer: Receives the end to write to.
/// - Returns: The end to read from.
/// - Throws: When there is none.
private func makePipe(_ writer: inout DescriptorBatch) throws -> OwnedDescriptor {
  var numbers = [Int32](repeating: -1, count: 2)
  try #require(unsafe pipe(&numbers) == 0)
  writer.append(OwnedDescriptor(owning: numbers[1]))
  return OwnedDescriptor(owning: numbers[0])
}

/// Whether nobody has the other end of a pipe any more.
private func isHungUp(_ reader: borrowing OwnedDescriptor) -> Bool {
  reader.withUnsafeDescriptor { DescriptorAudit.isHungUp($0) }
}

@Suite(.timeLimit(.minutes(1))) struct DescriptorPassingTests {
  @Test(arguments: [1, 3, 253], [1, 1 << 20])
  func `descriptors arrive once, with their bytes, close-on-exec`(
    count: Int,
    size: Int
  ) async throws {
    try await withUnixPair { pair in
      let bytes = pattern(size)
      async let sent: [String] = {
        let batch = makeBatch(of: count)
        let objects = objects(of: batch)
        try await pair.near.write(bytes, passing: batch)
        pair.near.close()
        return objects
      }()
      var received = DescriptorBatch()
      var all: [UInt8] = []
      while let part = try await pair.far.read(upTo: 4096, descriptors: &received) {
        #expect(!all.isEmpty || received.count == count)
        #expect(received.isTruncated == false)
        all += part
      }
      #expect(all == bytes)
      #expect(try await sent == objects(of: received))
      for number in received.numbers { #expect(DescriptorAudit.isCloseOnExec(number)) }
    }
  }

  @Test func `each write's descriptors come with a read of their own`() async throws {
    try await withUnixPair { pair in
      var expected: [[String]] = []
      for (count, text) in [(0, "plain"), (1, "one"), (2, "two"), (0, "plain"), (3, "three")] {
        let batch = makeBatch(of: count)
        if count > 0 { expected.append(objects(of: batch)) }
        try await pair.near.write(Array(text.utf8), passing: batch)
      }
      try await pair.near.finish()
      var arrived: [[String]] = []
      var text = ""
      var lengths: [Int] = []
      while true {
        var batch = DescriptorBatch()
        guard let bytes = try await pair.far.read(upTo: 4096, descriptors: &batch) else { break }
        text += String(decoding: bytes, as: UTF8.self)
        guard !batch.isEmpty else { continue }
        arrived.append(objects(of: batch))
        lengths.append(text.utf8.count)
      }
      #expect(text == "plainonetwoplainthree")
      #expect(arrived == expected)
      // No later than the last byte that was sent with them.
      for (length, last) in zip(lengths, ["one", "onetwo", "onetwoplainthree"]) {
        #expect(length <= "plain".utf8.count + last.utf8.count)
      }
    }
  }

  @Test func `a read of a part of the bytes has the descriptors, the rest has none`() async throws {
    try await withUnixPair { pair in
      try await pair.near.write([1, 2, 3], passing: makeBatch(of: 2))
      var batch = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 1, descriptors: &batch) == [1])
      #expect(batch.count == 2)
      var rest = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 8, descriptors: &rest) == [2, 3])
      #expect(rest.isEmpty && !rest.isTruncated)
    }
  }

  @Test func `after a partial write the rest goes without descriptors`() async throws {
    var calls = SystemCalls()
    let kernelSend = unsafe calls.sendmsg
    unsafe calls.sendmsg = { fd, message, flags in
      var first = unsafe copy message
      var part = unsafe iovec(iov_base: first.msg_iov.pointee.iov_base, iov_len: 1)
      return unsafe withUnsafeMutablePointer(to: &part) {
        unsafe first.msg_iov = $0
        return unsafe kernelSend(fd, first, flags)
      }
    }
    try await withUnixPair(kernel: Kernel(calls)) { pair in
      try await pair.near.write([1, 2, 3], passing: makeBatch(of: 1))
      pair.near.close()
      var batch = DescriptorBatch()
      var bytes: [UInt8] = []
      while let part = try await pair.far.read(upTo: 8, descriptors: &batch) { bytes += part }
      #expect(bytes == [1, 2, 3])
      #expect(batch.count == 1)
    }
  }

  @Test func `no byte, or 254 descriptors, are refused before any call`() async throws {
    try await withUnixPair { pair in
      let one = makeBatch(of: 1)
      let error = await expectError(.invalidArgument) {
        try await pair.near.write([], passing: one)
      }
      #expect(error?.bytesWritten == 0 && error?.errno == nil && error?.detail != nil)
      let many = makeBatch(of: 254)
      let tooMany = await expectError(.invalidArgument) {
        try await pair.near.write([1], passing: many)
      }
      #expect(tooMany?.detail?.contains("254") == true)
      #expect(one.count == 1 && many.count == 254)
      try await pair.near.write([7], passing: one)
      #expect(try await pair.far.read(upTo: 8) == [7])
    }
  }

  @Test func `what was cut before is not said of bytes from the buffer`() async throws {
    try await withUnixPair { pair in
      try await pair.near.write([1], passing: makeBatch(of: 3))
      var batch = DescriptorBatch()
      #expect(
        try await pair.far.read(upTo: 8, descriptors: &batch, descriptorLimit: 1) == [1]
      )
      #expect(batch.isTruncated == true)
      try await pair.near.write([2, 3])
      #expect(try await pair.far.peek(atLeast: 2) == [2, 3])
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [2, 3])
      #expect(!batch.isTruncated && batch.count == 1)
    }
  }

  @Test func `an empty batch is a plain write`() async throws {
    try await withUnixPair { pair in
      try await pair.near.write([], passing: DescriptorBatch())
      try await pair.near.write([7], passing: DescriptorBatch())
      var batch = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [7])
      #expect(batch.isEmpty && !batch.isTruncated)
    }
  }

  @Test func `surplus descriptors are closed, and the reader is told`() async throws {
    for limit in [0, 1, 2] {
      try await withUnixPair { pair in
        var writer = DescriptorBatch()
        let reader = try makePipe(&writer)
        try await pair.near.write([1], passing: writer)
        #expect(try await pair.far.read(upTo: 1) == [1])  // the kernel drops it
        var batch = DescriptorBatch()
        for _ in 0..<3 {
          batch.append(try OwnedDescriptor(duplicating: writer.numbers[0]))
        }
        try await pair.near.write([2], passing: batch)
        batch = DescriptorBatch()
        #expect(
          try await pair.far.read(upTo: 1, descriptors: &batch, descriptorLimit: limit) == [2]
        )
        #expect(batch.count == limit)
        #expect(batch.isTruncated == true)
        writer = DescriptorBatch()
        #expect(isHungUp(reader) == (limit == 0))
        batch = DescriptorBatch()
        #expect(isHungUp(reader) == true)
      }
    }
  }

  @Test func `a plain read, an exact one and a chunk take no descriptor and leak none`()
    async throws
  {
    try await withUnixPair { pair in
      var writer = DescriptorBatch()
      let reader = try makePipe(&writer)
      for _ in 0..<3 { try await pair.near.write([1, 2], passing: writer) }
      writer = DescriptorBatch()
      #expect(isHungUp(reader) == false)
      #expect(try await pair.far.read(upTo: 2) == [1, 2])
      #expect(try await pair.far.read(exactly: 2) == [1, 2])
      for try await chunk in pair.far.chunks {
        #expect(chunk == [1, 2])
        break
      }
      #expect(isHungUp(reader) == true)
    }
  }

  @Test func `descriptors that nobody reads are closed with the connection`() async throws {
    try await withUnixPair { pair in
      var writer = DescriptorBatch()
      let reader = try makePipe(&writer)
      try await pair.near.write([1, 2], passing: writer)
      writer = DescriptorBatch()
      #expect(isHungUp(reader) == false)
      pair.far.close()
      #expect(isHungUp(reader) == true)
    }
  }

  @Test func `what the kernel cuts off is reported with the bytes`() async throws {
    var calls = SystemCalls()
    let kernelReceive = unsafe calls.recvmsg
    unsafe calls.recvmsg = { fd, message, flags in
      let result = unsafe kernelReceive(fd, &message, flags)
      unsafe message.msg_flags |= Int32(MSG_CTRUNC)
      return result
    }
    try await withUnixPair(kernel: Kernel(calls)) { pair in
      try await pair.near.write([1], passing: makeBatch(of: 1))
      var batch = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [1])
      #expect(batch.isTruncated && batch.count == 1)
    }
  }

  @Test func `bytes of an interrupted exact read come first, without descriptors`() async throws {
    try await withUnixPair { pair in
      try await pair.near.write([1])
      await expectError(.timedOut) { try await pair.far.read(exactly: 2, deadline: .now) }
      try await pair.near.write([2], passing: makeBatch(of: 1))
      var batch = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [1])
      #expect(batch.isEmpty == true)
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [2])
      #expect(batch.count == 1)
    }
  }

  @Test func `a read with descriptors that is cancelled or out of time consumes nothing`()
    async throws
  {
    try await withUnixPair { pair in
      var batch = DescriptorBatch()
      await expectError(.timedOut) {
        try await pair.far.read(upTo: 8, descriptors: &batch, deadline: .now)
      }
      let far = pair.far
      let read = Task {
        var batch = DescriptorBatch()
        return await outcome { try await far.read(upTo: 8, descriptors: &batch) }
      }
      try await pair.reactor.waitUntilParked(readers: 1)
      read.cancel()
      #expect(await read.value.isCancellation)
      try await pair.near.write([7], passing: makeBatch(of: 1))
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == [7])
      #expect(batch.count == 1)
      try await pair.near.finish()
      #expect(try await pair.far.read(upTo: 8, descriptors: &batch) == nil)
      #expect(batch.count == 1)
    }
  }

  @Test func `a descriptor that is not open is the write's fault, not the connection's`()
    async throws
  {
    try await withUnixPair { pair in
      let closed = OwnedDescriptor(owning: -1)
      let error = await expectError(.other) { try await pair.near.write([1], passing: closed) }
      #expect(error?.errno == EBADF && error?.bytesWritten == 0)
      try await pair.near.write([7])
      try await pair.near.finish()
      #expect(try await pair.far.read(upTo: 8) == [7])
      try await pair.far.finish()
      #expect(try await pair.near.read(upTo: 8) == nil)
    }
  }
}
