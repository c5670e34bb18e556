extension EventLoop {
  /// Takes storage back that one of the pools for reads has lent.
  func giveBack(_ array: inout [UInt8]) {
    if array.capacity < BufferPool.largeSize {
      buffers.giveBack(&array)
    } else {
      largeBuffers.giveBack(&array)
    }
  }
}
