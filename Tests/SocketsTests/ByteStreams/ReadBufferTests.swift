import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ReadBufferTests {
  @Test func `bytes are taken in order, and offsets count from the first that is left`() {
    var buffer = ReadBuffer([1, 2, 3, 4, 5])
    #expect(buffer.take(2) == [1, 2])
    #expect(buffer.count == 3)
    #expect(buffer[0] == 3)
    #expect(buffer.prefix(2) == [3, 4])
    buffer.append([6])
    buffer.skip(1)
    #expect(buffer.prefix(9) == [4, 5, 6])
    #expect(buffer.take(0) == [])
    #expect(buffer.take(3) == [4, 5, 6])
    #expect(buffer.isEmpty)
    buffer.append([7])
    #expect(buffer.take(1) == [7])
  }

  @Test func `a buffer that is never empty does not grow for ever`() {
    var buffer = ReadBuffer([0])
    for round in 1...10_000 {
      buffer.append([UInt8(truncatingIfNeeded: round), 0])
      #expect(buffer.take(2) == [0, UInt8(truncatingIfNeeded: round)])
      #expect(buffer.storage.count <= 8)
    }
  }

  @Test func `searches find the first match at or behind an offset`() {
    var buffer = ReadBuffer([9, 1, 2, 1, 2, 3])
    buffer.skip(1)
    #expect(buffer.firstOffset(of: 2) == 1)
    #expect(buffer.firstOffset(of: 2, from: 2) == 3)
    #expect(buffer.firstOffset(of: 9) == nil)
    #expect(buffer.firstOffset(of: 3, from: 5) == nil)
    #expect(buffer.firstOffset(of: [1, 2]) == 0)
    #expect(buffer.firstOffset(of: [1, 2, 3]) == 2)
    #expect(buffer.firstOffset(of: [2, 3, 4]) == nil)
    #expect(buffer.firstOffset(of: [1, 2], from: 5) == nil)
    #expect(ReadBuffer().firstOffset(of: 1) == nil)
    #expect(ReadBuffer().firstOffset(of: [1]) == nil)
  }

  @Test func `integers have the order of bytes that was asked for`() {
    let buffer = ReadBuffer([0xFE, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(buffer.integer(as: UInt8.self) == 0xFE)
    #expect(buffer.integer(as: Int8.self) == -2)
    #expect(buffer.integer(at: 1, as: UInt16.self) == 0x0102)
    #expect(buffer.integer(at: 1, as: UInt16.self, byteOrder: .littleEndian) == 0x0201)
    #expect(buffer.integer(as: Int16.self) == -511)
    #expect(buffer.integer(at: 1, as: UInt64.self) == 0x0102_0304_0506_0708)
    #expect(buffer.integer(at: 2, as: UInt64.self) == nil)
    #expect(buffer.integer(at: 100, as: UInt8.self) == nil)
  }

  @Test func `what was written can be read, in either order of bytes`() {
    var random = SplitMix64(seed: 1)
    for order in ByteOrder.allCases {
      let numbers = (0..<50).map { _ in Int64.random(in: .min ... .max, using: &random) }
      var out = WriteBuffer()
      for number in numbers { out.append(integer: number, byteOrder: order) }
      var buffer = ReadBuffer(Array(out.pieces.joined()))
      for number in numbers {
        #expect(buffer.integer(as: Int64.self, byteOrder: order) == number)
        buffer.skip(8)
      }
    }
  }

  @Test func `integers of all sizes are written in the order that was asked for`() {
    let wide = UInt128(0x0102_0304_0506_0708) << 64 | 0x090A_0B0C_0D0E_0F10
    for order in ByteOrder.allCases {
      func bytes(_ integer: some FixedWidthInteger) -> [UInt8] {
        var out = WriteBuffer()
        out.append(integer: integer, byteOrder: order)
        let bytes = Array(out.pieces.joined())
        return order == .bigEndian ? bytes : bytes.reversed()
      }
      #expect(bytes(Int8(-2)) == [0xFE])
      #expect(bytes(Int16(-2)) == [0xFF, 0xFE])
      #expect(bytes(UInt32(0x0102_0304)) == [1, 2, 3, 4])
      #expect(bytes(UInt64(0x0102_0304_0506_0708)) == Array(1...8))
      #expect(bytes(wide) == Array(1...16))
      let buffer = ReadBuffer(order == .bigEndian ? Array(1...16) : (1...16).reversed())
      #expect(buffer.integer(byteOrder: order) == wide)
    }
  }

  @Test func `large parts of what is to be written are not copied`() {
    var buffer = WriteBuffer()
    buffer.append(UInt8(1))
    buffer.append("ab")
    let large = pattern(5000)
    buffer.append(large)
    buffer.append([2])
    #expect(buffer.count == 5004)
    #expect(buffer.pieces == [[1, 0x61, 0x62], large, [2]])
    #expect(WriteBuffer().pieces.isEmpty)
  }

  @Test func `storage is lent while there are bytes, and right-sized while there are few`() {
    let pool = BufferPool(of: BufferPool.size...(2 * BufferPool.size))
    var buffer = ReadBuffer()
    let (read, isShort) = buffer.fill(upTo: .max, from: pool) { storage, room in
      #expect(room >= 4096)
      storage.reserveCapacity(storage.count + room)
      storage.append(contentsOf: pattern(100))
      return 100
    }
    #expect(read == 100)
    #expect(isShort)
    buffer.skip(10)
    buffer.shrink(to: pool)
    #expect(buffer.prefix(.max) == Array(pattern(100)[10...]))
    #expect(buffer.storage.capacity < 256)
    var lent: [UInt8] = []
    pool.lend(&lent)
    #expect(lent.capacity >= BufferPool.size, "it came back")
    buffer.skip(90)
    buffer.shrink(to: pool)
    #expect(buffer.isEmpty)
  }

  @Test
  func `a limit is how much is taken, and no storage is reserved for bytes that may never come`() {
    let pool = BufferPool(of: BufferPool.size...(2 * BufferPool.size))
    for (limit, room) in [
      (1, 1), (5, 5), (300, 300), (16_384, 16_384), (40_000, 40_000), (1 << 40, 1 << 18),
    ] {
      var buffer = ReadBuffer()
      _ = buffer.fill(upTo: limit, from: pool) { _, asked in
        #expect(asked <= room)
        #expect(asked == room || limit <= 16_384)
        return 0
      }
      buffer.append([0])
      if limit > 1 {
        _ = buffer.fill(upTo: limit, from: pool) { _, asked in
          #expect(asked <= limit - 1)
          return 0
        }
      }
    }
  }
}
