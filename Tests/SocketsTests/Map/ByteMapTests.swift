import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on moving bytes.
@Suite(.timeLimit(.minutes(1))) struct ByteMapTests {
  @Test func `reading what has come`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("hello")
      // map: recv
      let bytes = try await connection.read(upTo: 4096)
      // end
      #expect(bytes == Array("hello".utf8))
      try await pair.far.finish()
      #expect(try await connection.read(upTo: 4096) == nil)
    }
  }

  @Test func `reading until the end`() async throws {
    try await withPair { pair in
      let connection = pair.near
      var received: [UInt8] = []
      try await pair.far.write("hello")
      try await pair.far.finish()
      // map: recv in a loop
      for try await chunk in connection.chunks { received += chunk }
      // end
      #expect(received == Array("hello".utf8))
    }
  }

  @Test func `reading into memory of one's own`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("hello")
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
      defer { unsafe memory.deallocate() }
      var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
      // map: readv
      let count = try await connection.read(into: &span)
      // end
      #expect(count == 5)
      #expect(unsafe span.finalize(for: memory) == 5)
    }
  }

  @Test func `reading a number of bytes`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("twelve bytes and more")
      // map: recv with MSG_WAITALL
      let header = try await connection.read(exactly: 12)
      // end
      #expect(header == Array("twelve bytes".utf8))
    }
  }

  @Test func `reading without waiting, or not for long`() async throws {
    try await withPair { pair in
      let connection = pair.near
      await expectError(.timedOut) {
        // map: recv with MSG_DONTWAIT
        try await connection.read(upTo: 4096, deadline: .now)
        // end
      }
      try await pair.far.write("hello")
      // map: SO_RCVTIMEO
      let bytes = try await connection.read(upTo: 4096, deadline: .now + .seconds(5))
      // end
      #expect(bytes == Array("hello".utf8))
    }
  }

  @Test func `looking at what has come`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("hello")
      // map: recv with MSG_PEEK
      let bytes = try await connection.peek(upTo: 4096)
      // end
      #expect(bytes == Array("hello".utf8))
      #expect(try await connection.read(upTo: 4096) == bytes)
    }
  }

  @Test func `lines and text`() async throws {
    try await withPair { pair in
      var connection = pair.far
      // map: fprintf
      try await connection.write("one\r\ntwo\r\n\r\nbody")
      // end
      try await connection.finish()
      connection = pair.near
      // map: getdelim
      let head = try await connection.read(until: "\r\n\r\n".utf8)
      // end
      #expect(head == Array("one\r\ntwo".utf8))
      var text: [String] = []
      func print(_ line: String) { text.append(line) }
      // map: fgets
      for try await line in connection.lines() { print(line) }
      // end
      #expect(text == ["body"])
    }
  }

  @Test func `numbers in network byte order`() async throws {
    try await withPair { pair in
      var connection = pair.far
      let length = UInt32(258)
      // map: htonl for the bytes of a message
      var buffer = WriteBuffer()
      buffer.append(integer: length)
      try await connection.write(gathering: buffer.pieces)
      // end
      connection = pair.near
      #expect(try await connection.peek(atLeast: 4) == [0, 0, 1, 2])
      // map: ntohl for the bytes of a message
      let number = try await connection.read(UInt32.self)
      // end
      #expect(number == length)
    }
  }

  @Test func `writing`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let (bytes, header, body) = (pattern(1 << 20), pattern(4), pattern(8))
      async let received = pair.far.read(exactly: bytes.count)
      // map: send
      try await connection.write(bytes)
      // end
      #expect(try await received == bytes)
      // map: writev
      try await connection.write(gathering: [header, body])
      // end
      #expect(try await pair.far.read(exactly: 12) == header + body)
      // map: send with MSG_MORE
      try await connection.withCork { try await connection.write("two ") }
      // end
      #expect(try await pair.far.read(exactly: 4) == Array("two ".utf8))
      let file = OwnedDescriptor(owning: unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC))
      // map: sendfile
      try await connection.send(file: file, range: 0..<1000)
      // end
      #expect(try await pair.far.read(exactly: 4) == [0x7F] + Array("ELF".utf8))
    }
  }

  @Test func `writing, but not for long`() async throws {
    try await withPair { pair in
      let (connection, bytes) = (pair.near, pattern(9))
      // map: SO_SNDTIMEO
      try await connection.write(bytes, deadline: .now + .seconds(5))
      // end
      #expect(try await pair.far.read(exactly: 9) == bytes)
    }
  }

  @Test func `urgent data`() async throws {
    try await withPair { pair in
      var connection = pair.far
      // map: send with MSG_OOB
      try await connection.sendUrgent(0xFF)
      // end
      connection = pair.near
      // map: SIGURG
      let ready = try await firstReady(of: [connection.urgent])
      // end
      #expect(ready == [connection.urgent])
      // map: sockatmark
      let isAtMark = try connection.isAtMark()
      // end
      #expect(isAtMark)
    }
  }
}
