package import CSockets

/// The table of system calls: the only way to the kernel.
///
/// Every entry follows the convention of the kernel: a result of zero or more, or the negated error
/// number. A test replaces single entries to script error numbers, partial counts and the order of
/// readiness; everything else keeps calling the kernel.
@safe
package struct SystemCalls: Sendable {
  package var socket: @Sendable (_ family: Int32, _ type: Int32, _ protocol: Int32) -> Int = {
    csockets_socket($0, $1, $2)
  }
  package var bind: @Sendable (_ fd: Int32, _ address: UnsafeRawBufferPointer) -> Int = {
    unsafe csockets_bind($0, $1.baseAddress, UInt32($1.count))
  }
  package var listen: @Sendable (_ fd: Int32, _ backlog: Int32) -> Int = { csockets_listen($0, $1) }
  package var accept:
    @Sendable (_ fd: Int32, _ address: UnsafeMutableRawPointer, _ length: inout UInt32, Int32) ->
      Int = { unsafe csockets_accept4($0, $1, &$2, $3) }
  package var connect: @Sendable (_ fd: Int32, _ address: UnsafeRawBufferPointer) -> Int = {
    unsafe csockets_connect($0, $1.baseAddress, UInt32($1.count))
  }
  package var shutdown: @Sendable (_ fd: Int32, _ how: Int32) -> Int = { csockets_shutdown($0, $1) }
  package var close: @Sendable (_ fd: Int32) -> Int = { csockets_close($0) }
  package var duplicate: @Sendable (_ fd: Int32) -> Int = { csockets_duplicate($0) }
  package var control: @Sendable (_ fd: Int32, _ command: Int32, _ argument: Int32) -> Int = {
    csockets_control($0, $1, $2)
  }
  package var atMark: @Sendable (_ fd: Int32) -> Int = { csockets_at_mark($0) }
  package var receiveQueue: @Sendable (_ fd: Int32) -> Int = { csockets_receive_queue($0) }
  package var sendQueue: @Sendable (_ fd: Int32) -> Int = { csockets_send_queue($0) }
  package var recv: @Sendable (_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, Int32) -> Int =
    {
      unsafe csockets_recv($0, $1.baseAddress, $1.count, $2)
    }
  package var send:
    @Sendable (_ fd: Int32, _ buffer: UnsafeRawBufferPointer, _ flags: Int32) -> Int = {
      unsafe csockets_send($0, $1.baseAddress, $1.count, $2)
    }
  package var sendmsg: @Sendable (_ fd: Int32, _ message: borrowing msghdr, _ flags: Int32) -> Int =
    {
      var message = unsafe copy $1
      return unsafe csockets_sendmsg($0, &message, $2)
    }
  package var recvmsg: @Sendable (_ fd: Int32, _ message: inout msghdr, _ flags: Int32) -> Int = {
    unsafe csockets_recvmsg($0, &$1, $2)
  }
  package var recvmmsg:
    @Sendable (_ fd: Int32, UnsafeMutableBufferPointer<csockets_mmsghdr>, _ flags: Int32) -> Int = {
      unsafe csockets_recvmmsg($0, $1.baseAddress, UInt32($1.count), $2)
    }
  package var sendmmsg:
    @Sendable (_ fd: Int32, UnsafeMutableBufferPointer<csockets_mmsghdr>, _ flags: Int32) -> Int = {
      unsafe csockets_sendmmsg($0, $1.baseAddress, UInt32($1.count), $2)
    }
  package var getOption:
    @Sendable (Int32, _ level: Int32, _ name: Int32, UnsafeMutableRawPointer, inout UInt32) -> Int =
      { unsafe csockets_getsockopt($0, $1, $2, $3, &$4) }
  package var setOption:
    @Sendable (Int32, _ level: Int32, _ name: Int32, _ value: UnsafeRawBufferPointer) -> Int = {
      unsafe csockets_setsockopt($0, $1, $2, $3.baseAddress, UInt32($3.count))
    }
  package var localName: @Sendable (_ fd: Int32, UnsafeMutableRawPointer, inout UInt32) -> Int = {
    unsafe csockets_getsockname($0, $1, &$2)
  }
  package var peerName: @Sendable (_ fd: Int32, UnsafeMutableRawPointer, inout UInt32) -> Int = {
    unsafe csockets_getpeername($0, $1, &$2)
  }
  package var epollCreate: @Sendable () -> Int = { csockets_epoll_create1(Int32(EPOLL_CLOEXEC)) }
  package var epollControl:
    @Sendable (_ epoll: Int32, _ operation: Int32, _ fd: Int32, UInt32, UInt64) -> Int = {
      csockets_epoll_ctl($0, $1, $2, $3, $4)
    }
  package var epollWait:
    @Sendable (Int32, UnsafeMutableBufferPointer<epoll_event>, _ milliseconds: Int32) -> Int = {
      unsafe csockets_epoll_wait($0, $1.baseAddress, Int32($1.count), $2)
    }
  package var eventCreate: @Sendable (_ flags: Int32) -> Int = { csockets_eventfd(0, $0) }
  package var eventRead: @Sendable (_ fd: Int32) -> Int = { csockets_eventfd_read($0) }
  package var eventWrite: @Sendable (_ fd: Int32) -> Int = { csockets_eventfd_write($0) }
  package var waitForInput: @Sendable (_ fd: Int32, _ nanoseconds: Int64) -> Int = {
    csockets_wait_for_input($0, $1)
  }
  package var socketPair:
    @Sendable (Int32, _ type: Int32, _ protocol: Int32, inout [2 of Int32]) -> Int = {
      var span = $3.mutableSpan
      return unsafe span.withUnsafeMutableBufferPointer { [family = $0, type = $1, proto = $2] in
        unsafe csockets_socketpair(family, type, proto, $0.baseAddress)
      }
    }
  package var setMode: @Sendable (_ fd: Int32, _ mode: UInt32) -> Int = { csockets_fchmod($0, $1) }
  package var fileStatus: @Sendable (UnsafePointer<CChar>, inout csockets_file_status) -> Int = {
    unsafe csockets_lstat($0, &$1)
  }
  package var unlink: @Sendable (_ path: UnsafePointer<CChar>) -> Int = {
    unsafe csockets_unlink($0)
  }
  package var openDirectory: @Sendable (_ path: UnsafePointer<CChar>) -> Int = {
    unsafe csockets_open_directory($0)
  }
  package var pipe: @Sendable (inout [2 of Int32]) -> Int = {
    var span = $0.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { unsafe csockets_pipe($0.baseAddress) }
  }
  package var read: @Sendable (_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int = {
    unsafe csockets_read($0, $1.baseAddress, $1.count)
  }
  package var splice:
    @Sendable (_ from: Int32, _ to: Int32, _ count: Int, _ isToSocket: Bool) -> Int = {
      $3 ? csockets_splice_to_socket($0, $1, $2) : csockets_splice($0, $1, $2)
    }
  package var sendfile:
    @Sendable (_ to: Int32, _ from: Int32, _ offset: Int64, _ count: Int) -> Int = {
      csockets_sendfile($0, $1, $2, $3)
    }
  package var openFileStatus: @Sendable (_ fd: Int32, inout csockets_file_status) -> Int = {
    unsafe csockets_fstat($0, &$1)
  }
  package var readAt:
    @Sendable (_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int64) -> Int = {
      unsafe csockets_pread($0, $1.baseAddress, $1.count, $2)
    }
  package var tryLock: @Sendable (_ fd: Int32) -> Int = { csockets_try_lock($0) }

  /// Chance, which is the kernel's as well: C: `getrandom(2)`.
  package var random: @Sendable () -> UInt64 = {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }

  /// The calls of the kernel itself.
  package init() {}
}

/// One table of system calls, shared by everything that hangs on one reactor.
package final class Kernel: Sendable {
  /// The calls.
  package let call: SystemCalls

  /// The kernel itself.
  package static let linux = Kernel(SystemCalls())

  package init(_ call: SystemCalls) { self.call = call }
}

/// Chance as the kernel's table of calls has it: in a simulation, that of its seed.
struct KernelRandom: RandomNumberGenerator {
  let kernel: Kernel

  func next() -> UInt64 { kernel.call.random() }
}
