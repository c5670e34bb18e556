import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A kernel that does what it rarely does: reads, writes, ends.
@Suite(.timeLimit(.minutes(1))) struct ScriptedKernelTests {
  private let real = SystemCalls()

  @Test func `every call goes on after a signal, and close is called once`() async throws {
    let ledger = DescriptorLedger()
    let bytes = pattern(50_000)
    try await withPair(kernel: ledger.kernel(.interrupted)) { pair in
      async let received = outcome { try await pair.far.readAll() }
      try await pair.near.write(bytes)
      try await pair.near.write(gathering: [bytes, [1, 2, 3]])
      try await pair.reactor.waitUntilWritable(pair.near.descriptor)
      try await pair.near.finish()
      let all = try await received.get()
      #expect(all == bytes + bytes + [1, 2, 3])
      pair.far.reset()
    }
    try await waitUntil { ledger.open.isEmpty }
    #expect(ledger.faults == [])
  }

  @Test func `epoll_wait that is interrupted is repeated`() async throws {
    var calls = real
    let script = Script(errors: EINTR, EINTR, EINTR, EINTR)
    unsafe calls.epollWait = { [real] in unsafe script.next() ?? real.epollWait($0, $1, $2) }
    try await withPair(kernel: Kernel(calls)) { pair in
      async let read = outcome { try await pair.near.read(upTo: 1) }
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write([7])
      let result = await read
      #expect(try result.get() == [7])
      #expect(script.calls > 4)
    }
  }

  @Test func `a wake-up that a signal interrupts is written again`() async throws {
    var calls = real
    let script = Script(errors: EINTR, EINTR, EINTR)
    calls.eventWrite = { [real] in script.next() ?? real.eventWrite($0) }
    let reactor = try Reactor(name: "interrupted", kernel: Kernel(calls))
    try await waitUntil { !reactor.loop.progress.isAwake }
    await reactor.stop()  // on its own thread
    #expect(script.calls > 3)
  }

  @Test func `epoll_wait that can never work again ends the process, and does not spin`() async {
    await #expect(processExitsWith: .failure) {
      var calls = SystemCalls()
      unsafe calls.epollWait = { _, _, _ in -Int(EBADF) }
      let reactor = try Reactor(name: "broken", kernel: Kernel(calls))
      try await reactor.waitUntilParked(readers: 1)
    }
  }

  @Test func `a write goes on where the kernel has stopped`() async throws {
    var calls = real
    unsafe calls.send = { [real] fd, bytes, flags in
      let part = unsafe UnsafeRawBufferPointer(rebasing: bytes.prefix(3))
      return unsafe real.send(fd, part, flags)
    }
    unsafe calls.sendmsg = { [real] fd, message, flags in
      let first = unsafe message.msg_iov[0]
      let part = unsafe UnsafeRawBufferPointer(start: first.iov_base, count: min(3, first.iov_len))
      return unsafe real.send(fd, part, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let bytes = pattern(1000)
      try await pair.near.write(bytes)
      try await pair.near.write(gathering: [[], [1, 2, 3, 4], [], [5], [6, 7]])
      try await pair.near.write("text of some length")
      try await pair.near.finish()
      let all = try await pair.far.readAll()
      #expect(all == bytes + [1, 2, 3, 4, 5, 6, 7] + Array("text of some length".utf8))
    }
  }

  @Test func `an end behind EAGAIN is an end`() async throws {
    var calls = real
    let script = Script(errors: EAGAIN)
    unsafe calls.recv = { [real] in unsafe script.next() ?? real.recv($0, $1, $2) }
    try await withPair(kernel: Kernel(calls)) { pair in
      async let read = outcome { try await pair.far.read(upTo: 1) }
      try await waitUntil { script.calls == 1 }
      try await pair.near.finish()
      let result = await read
      #expect(try result.get() == nil)
      #expect(try await pair.far.read(upTo: 1) == nil)
    }
  }

  @Test func `a reset is never followed by an end`() async throws {
    var calls = real
    let script = Script([1, -Int(ECONNRESET), 0, 0, 0, 0])
    unsafe calls.recv = { [real] in unsafe script.next() ?? real.recv($0, $1, $2) }
    try await withPair(kernel: Kernel(calls)) { pair in
      let first = try await pair.far.read(upTo: 1)
      #expect(first?.count == 1)
      for _ in 0..<2 {
        let error = await expectError(.connectionReset) { try await pair.far.read(upTo: 8) }
        #expect(error?.errno == ECONNRESET)
        await expectError(.connectionReset) { try await pair.far.read(exactly: 8) }
        await expectError(.connectionReset) { try await pair.far.write([1]) }
      }
    }
  }

  @Test func `an end that the kernel leaves of what it tells a write is no end`() async throws {
    // The write has the error and has not noted it yet: it does when the read has looked again, or is over.
    let (isWriting, isOver, looks) = (Switch(), Switch(), Counter())
    var calls = real
    unsafe calls.send = { _, _, _ in
      isWriting.isOn = true
      while looks.value < 2, !isOver.isOn { sched_yield() }
      return -Int(ETIMEDOUT)
    }
    unsafe calls.recv = { _, _, _ in
      looks.increment()
      return 0
    }
    let writers = try Reactor(name: "writers")  // a thread that may be held up
    try await withPair(kernel: Kernel(calls)) { pair in
      try await pair.far.finish()
      async let written = outcome {
        try await withTaskExecutorPreference(writers) { try await pair.near.write([1]) }
      }
      try await waitUntil { isWriting.isOn }
      let read = await outcome { try await pair.near.read(upTo: 1) }
      isOver.isOn = true
      await expectError(.timedOut) { try read.get() }
      let write = await written
      await expectError(.timedOut) { try write.get() }
    }
  }

  @Test(arguments: [ENOBUFS, ENOMEM])
  func `a lack of memory does not end the connection`(number: Int32) async throws {
    var calls = real
    let receive = Script(errors: number)
    let send = Script(errors: number)
    unsafe calls.recv = { [real] in unsafe receive.next() ?? real.recv($0, $1, $2) }
    unsafe calls.send = { [real] in unsafe send.next() ?? real.send($0, $1, $2) }
    try await withPair(kernel: Kernel(calls)) { pair in
      await expectError(.noBufferSpace) { try await pair.near.write([7]) }
      await expectError(.noBufferSpace) { try await pair.far.read(upTo: 8) }
      try await pair.near.write([7])
      #expect(try await pair.far.read(upTo: 8) == [7])
      try await pair.far.write([8])
      #expect(try await pair.near.read(upTo: 8) == [8])
    }
  }

  @Test func `a broken pipe leaves the bytes that came before it`() async throws {
    var calls = real
    let script = Script(errors: EPIPE)
    unsafe calls.send = { [real] in unsafe script.next() ?? real.send($0, $1, $2) }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.brokenPipe) { try await pair.near.write([7]) }
      #expect(error?.errno == EPIPE)
      #expect(error?.bytesWritten == 0)
      try await pair.far.write([8])
      #expect(try await pair.near.read(upTo: 8) == [8])
    }
  }

  @Test func `finishing when both sides are gone already is no error`() async throws {
    var calls = real
    calls.shutdown = { _, _ in -Int(ENOTCONN) }
    try await withPair(kernel: Kernel(calls)) { pair in
      try await pair.near.finish()
      try await pair.near.finish()
    }
  }
}
