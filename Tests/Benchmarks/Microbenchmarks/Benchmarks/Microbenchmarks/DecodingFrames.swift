import Benchmark

@testable import Sockets

/// What it costs to take frames out of bytes that have arrived, without a stream, each as an array or a string of its
/// own.
func measureDecoding() {
  for size in frameSizes {
    measureDecoding("lines", size, .lines, LineFraming())
    measureDecoding("lengths", size, .lengths, LengthPrefixFraming(.uint32))
    measureDecoding("delimiters", size, .delimiters, DelimiterFraming(Framed.delimiter))
  }
}

/// The sizes of frames that are measured, in bytes.
let frameSizes = [64, 1024]

private func measureDecoding<Decoder: FrameDecoder & Sendable>(
  _ name: String,
  _ size: Int,
  _ framed: Framed,
  _ decoder: Decoder
) {
  let family = "decode \(size) bytes, \(name)"
  let bytes = framed.bytes(frames: operations, of: size)

  measure("\(family): by hand (yardstick)") {
    guard framed.takeApart(bytes) == operations else { throw Failure() }
  }

  measure("\(family): \(Decoder.self)", prepare: { (decoder, ReadBuffer(bytes)) }) { state in
    guard try state.0.decodeAll(&state.1) == operations else { throw Failure() }
  }
}

extension FrameDecoder {
  /// Takes all frames that are complete.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: How many frames.
  /// - Throws: As ``decode(_:)``.
  mutating func decodeAll(_ buffer: inout ReadBuffer) throws -> Int {
    var count = 0
    while let frame = try decode(&buffer) {
      blackHole(frame)
      count += 1
    }
    return count
  }
}
