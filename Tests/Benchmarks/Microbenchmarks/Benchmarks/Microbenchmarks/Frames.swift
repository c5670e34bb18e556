import Benchmark
import Sockets

/// What it costs to read frames from a stream, one by one: a pipe in memory, which two tasks fill and empty in turn.
func measureFrames() {
  for size in frameSizes {
    measureFrames("lines", size, .lines, LineFraming())
    measureFrames("lengths", size, .lengths, LengthPrefixFraming(.uint32))
    measureFrames("delimiters", size, .delimiters, DelimiterFraming(Framed.delimiter))
  }
}

private func measureFrames<Decoder: FrameDecoder & Sendable>(
  _ name: String,
  _ size: Int,
  _ framed: Framed,
  _ decoder: Decoder
) {
  let family = "stream, \(size) bytes, \(name)"
  let bytes = framed.bytes(frames: operations, of: size)

  // What one would write without the sequence of frames.
  measurePipe("\(family): chunks and a decoder (yardstick)", bytes) { pipe in
    var (decoder, buffer, count) = (decoder, ReadBuffer(), 0)
    for try await chunk in pipe.chunks {
      buffer.append(chunk)
      count += try decoder.decodeAll(&buffer)
    }
    return count
  }

  measurePipe("\(family): frames(using:)", bytes) { pipe in
    var count = 0
    for try await frame in pipe.frames(using: decoder) {
      blackHole(frame)
      count += 1
    }
    return count
  }
}

private func measurePipe(
  _ name: String,
  _ bytes: [UInt8],
  _ countFrames: @escaping @Sendable (MemoryPipe) async throws -> Int
) {
  measure(name, on: reactor, prepare: { try MemoryPipe.pair(on: reactor) }) { writer, reader in
    async let writing: Void = {
      try await writer.write(bytes)
      try await writer.finish()
    }()
    guard try await countFrames(reader) == operations else { throw Failure() }
    try await writing
  }
}
