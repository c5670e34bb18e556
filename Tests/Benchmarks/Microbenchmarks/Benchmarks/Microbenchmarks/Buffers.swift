import Benchmark
import Synchronization

@testable import Sockets

/// What storage costs that is lent for a read, beside storage that is allocated for it; and the lock in between.
func measureBuffers() {
  measure("buffers: allocate and free 16 KiB (yardstick)") {
    for _ in 0..<operations {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(BufferPool.size)
      blackHole(bytes)
    }
  }
  measure("buffers: lend and give back") {
    let pool = BufferPool(of: BufferPool.size...(2 * BufferPool.size))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(BufferPool.size)
    pool.giveBack(&bytes)
    for _ in 0..<operations {
      pool.lend(&bytes)
      pool.giveBack(&bytes)
    }
  }
  // What `Lock` is made of. Seen from another module that would be generic code at run time, which it is not
  // where the library uses it.
  measure("buffers: the lock alone, a Mutex") {
    let mutex = Mutex(0)
    for _ in 0..<operations { mutex.withLock { $0 += 1 } }
    blackHole(mutex.withLock { $0 })
  }
}
