import NIOCore

/// Splits a stream into lines, without their ends.
struct LineDecoder: NIOSingleStepByteToMessageDecoder {
  typealias InboundOut = ByteBuffer

  mutating func decode(buffer: inout ByteBuffer) -> ByteBuffer? {
    guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let line = buffer.readSlice(length: end - buffer.readerIndex)
    buffer.moveReaderIndex(forwardBy: 1)
    return line
  }

  mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) -> ByteBuffer? {
    decode(buffer: &buffer)
  }
}

/// Ends each line.
final class LineEncoder: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var line = unwrapOutboundIn(data)
    line.writeInteger(UInt8(ascii: "\n"))
    context.write(wrapOutboundOut(line), promise: promise)
  }
}

/// Splits a stream into frames with their length in front, four bytes in network order.
struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
  typealias InboundOut = ByteBuffer

  mutating func decode(buffer: inout ByteBuffer) -> ByteBuffer? {
    buffer.readLengthPrefixedSlice(as: UInt32.self)
  }

  mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) -> ByteBuffer? {
    decode(buffer: &buffer)
  }
}

/// Writes each frame's length in front of it.
final class FrameEncoder: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let frame = unwrapOutboundIn(data)
    var buffer = context.channel.allocator.buffer(capacity: 4 + frame.readableBytes)
    buffer.writeInteger(UInt32(frame.readableBytes))
    buffer.writeImmutableBuffer(frame)
    context.write(wrapOutboundOut(buffer), promise: promise)
  }
}
