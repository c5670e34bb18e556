import NIOCore

/// One end of a relay: what it reads, its partner writes; it reads only while its partner can write.
final class GlueHandler: ChannelDuplexHandler {
  typealias InboundIn = NIOAny
  typealias OutboundIn = NIOAny
  typealias OutboundOut = NIOAny

  /// Makes the handlers of both ends.
  static func pair() -> (GlueHandler, GlueHandler) {
    let (first, second) = (GlueHandler(), GlueHandler())
    first.partner = second
    second.partner = first
    return (first, second)
  }

  private var partner: GlueHandler?
  private var context: ChannelHandlerContext?
  private var hasPendingRead = false

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner?.context?.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

  func channelInactive(context: ChannelHandlerContext) { partner?.context?.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard context.channel.isWritable, let partner, partner.hasPendingRead else { return }
    partner.hasPendingRead = false
    partner.context?.read()
  }

  func read(context: ChannelHandlerContext) {
    if partner?.context?.channel.isWritable ?? false {
      context.read()
    } else {
      hasPendingRead = true
    }
  }
}
