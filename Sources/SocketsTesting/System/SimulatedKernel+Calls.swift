internal import CSockets
internal import Glibc
internal import Sockets

/// The library's table of system calls, over a simulated kernel.
extension SimulatedKernel {
  /// The table.
  var systemCalls: SystemCalls {
    var calls = SystemCalls()
    addDescriptorCalls(&calls)
    addSocketCalls(&calls)
    addTransferCalls(&calls)
    addMessageCalls(&calls)
    addFileCalls(&calls)
    calls.random = { [self] in monitor.locked { generator.next() } }
    return calls
  }

  /// Runs a call that a signal may interrupt.
  private func call(_ body: () -> Int) -> Int {
    monitor.locked {
      generator.happens(calls.interruptions) ? -Int(EINTR) : body()
    }
  }

  /// Runs a call on a socket that a signal may interrupt.
  private func call(_ number: Int32, _ body: (SimulatedSocket) -> Int) -> Int {
    call { on(number, body) }
  }

  private func on(_ number: Int32, _ body: (SimulatedSocket) -> Int) -> Int {
    guard DescriptorTable.owns(number) else { return -Int(EOPNOTSUPP) }
    guard let file = table[number] else { return -Int(EBADF) }
    guard let socket = file as? SimulatedSocket else { return -Int(ENOTSOCK) }
    return body(socket)
  }

  private func addDescriptorCalls(_ calls: inout SystemCalls) {
    calls.close = { [self] number in
      // What is not the simulation's own was given away to it to be closed.
      guard DescriptorTable.owns(number) else { return csockets_close(number) }
      return monitor.locked { close(number) }
    }
    calls.duplicate = { [self] number in
      call {
        guard DescriptorTable.owns(number) else { return -Int(EOPNOTSUPP) }
        guard let file = table[number] else { return -Int(EBADF) }
        return open(file)
      }
    }
    calls.control = { [self] number, command, _ in
      call {
        guard DescriptorTable.owns(number) else { return -Int(EOPNOTSUPP) }
        guard table[number] != nil else { return -Int(EBADF) }
        switch command {
        case F_GETFD: return Int(FD_CLOEXEC)
        case F_GETFL: return Int(O_RDWR | O_NONBLOCK)
        case F_SETFD, F_SETFL: return 0
        default: return -Int(EINVAL)
        }
      }
    }
    calls.epollCreate = { [self] in monitor.locked { openEpoll() } }
    calls.epollControl = { [self] epoll, operation, number, events, data in
      call {
        guard let epoll = table[epoll] as? SimulatedEpoll else { return -Int(EBADF) }
        guard DescriptorTable.owns(number) else { return -Int(EOPNOTSUPP) }
        guard let file = table[number] else { return -Int(EBADF) }
        if operation == EPOLL_CTL_DEL { return epoll.remove(number) }
        guard operation == EPOLL_CTL_ADD else { return -Int(EINVAL) }
        if file is SimulatedDirectory { return -Int(EPERM) }
        return epoll.add(number, file, EventBits(rawValue: events), data)
      }
    }
    unsafe calls.epollWait = { [self] number, buffer, milliseconds in
      call {
        guard let epoll = table[number] as? SimulatedEpoll else { return -Int(EBADF) }
        return unsafe wait(on: epoll, into: buffer, milliseconds: milliseconds)
      }
    }
    calls.eventCreate = { [self] _ in call { open(SimulatedEvent(self)) } }
    calls.eventRead = { [self] number in
      monitor.locked { (table[number] as? SimulatedEvent)?.read() ?? -Int(EBADF) }
    }
    calls.eventWrite = { [self] number in
      monitor.locked { (table[number] as? SimulatedEvent)?.write() ?? -Int(EBADF) }
    }
    // The loop's thread has to wait for events itself: time goes on when it does.
    calls.waitForInput = { _, _ in 1 }
  }

  private func addSocketCalls(_ calls: inout SystemCalls) {
    calls.socket = { [self] family, type, transport in
      let host = CurrentHost.address
      return call { openSocket(family, type, transport, host) }
    }
    calls.socketPair = { [self] family, type, _, numbers in
      var pair = (Int32(-1), Int32(-1))
      let result = call { openPair(family, type, &pair) }
      if result >= 0 { (numbers[0], numbers[1]) = pair }
      return result
    }
    unsafe calls.bind = { [self] number, bytes in
      let address = unsafe KernelAddress(copying: bytes)
      return call(number) { socket in
        EndName(address).map { socket.bind(to: $0) } ?? -Int(EINVAL)
      }
    }
    calls.listen = { [self] number, backlog in call(number) { $0.listen(backlog: backlog) } }
    unsafe calls.accept = { [self] number, storage, length, _ in
      var name = KernelAddress()
      let result = call(number) { $0.accept(&name) }
      if result >= 0 {
        let capacity = Int(length)
        length = name.length
        unsafe name.withBytes { bytes in
          guard let start = bytes.baseAddress else { return }
          unsafe storage.copyMemory(from: start, byteCount: min(capacity, bytes.count))
        }
      }
      return result
    }
    unsafe calls.connect = { [self] number, bytes in
      let address = unsafe KernelAddress(copying: bytes)
      return monitor.locked {
        let result = on(number) { socket in
          EndName(address).map { socket.connect(to: $0) } ?? -Int(EINVAL)
        }
        // An interrupted connect over a network is in progress all the same.
        let isInterrupted =
          result == -Int(EINPROGRESS) && generator.happens(self.calls.interruptions)
        return isInterrupted ? -Int(EINTR) : result
      }
    }
    calls.shutdown = { [self] number, how in
      call(number) {
        $0.shutdown(reading: how != Int32(SHUT_WR), writing: how != Int32(SHUT_RD))
      }
    }
    unsafe calls.localName = { [self] number, storage, length in
      unsafe name(number, storage, &length) { $0.localName }
    }
    unsafe calls.peerName = { [self] number, storage, length in
      unsafe name(number, storage, &length) { $0.peerName }
    }
    unsafe calls.getOption = { [self] number, level, name, value, length in
      call(number) { socket in
        guard let bytes = socket.option(level, name) else { return -Int(ENOPROTOOPT) }
        let count = min(bytes.count, Int(length))
        unsafe value.copyMemory(from: bytes, byteCount: count)
        length = UInt32(count)
        return 0
      }
    }
    unsafe calls.setOption = { [self] number, level, name, value in
      let bytes = unsafe Array(value)
      return call(number) { $0.setOption(level, name, to: bytes) }
    }
    calls.atMark = { [self] number in call(number) { _ in 0 } }
    calls.receiveQueue = { [self] number in call(number) { $0.receiveQueue } }
    calls.sendQueue = { [self] number in call(number) { $0.sendQueue } }
    calls.setMode = { [self] number, _ in call(number) { _ in 0 } }
  }

  private func name(
    _ number: Int32,
    _ storage: UnsafeMutableRawPointer,
    _ length: inout UInt32,
    _ ask: (SimulatedSocket) -> EndName?
  ) -> Int {
    call(number) { socket in
      guard let name = ask(socket) else { return -Int(ENOTCONN) }
      let address = name.kernelAddress(isIPv6: socket.isIPv6)
      unsafe address.withBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        unsafe storage.copyMemory(from: start, byteCount: min(Int(length), bytes.count))
      }
      length = address.length
      return 0
    }
  }

  private func addTransferCalls(_ calls: inout SystemCalls) {
    unsafe calls.recv = { [self] number, buffer, flags in
      call(number) { socket in
        let (peek, truncate) = (Int32(MSG_PEEK), Int32(MSG_TRUNC))
        guard flags & ~(peek | truncate) == 0 else { return -Int(EOPNOTSUPP) }
        var message = ReceivedMessage()
        let result = unsafe socket.receive(buffer, peeks: flags & peek != 0, &message)
        return flags & truncate != 0 ? result : min(result, buffer.count)
      }
    }
    unsafe calls.send = { [self] number, bytes, flags in
      call(number) { socket in
        guard flags & ~Int32(MSG_NOSIGNAL) == 0 else { return -Int(EOPNOTSUPP) }
        return unsafe socket.send(bytes, to: nil, SentMetadata())
      }
    }
    calls.sendfile = { [self] number, file, offset, count in
      var bytes = [UInt8](repeating: 0, count: min(count, 65_536))
      let found = unsafe bytes.withUnsafeMutableBytes {
        unsafe csockets_pread(file, $0.baseAddress, $0.count, offset)
      }
      guard found > 0 else { return found }
      return call(number) { socket in
        unsafe bytes.withUnsafeBytes { bytes in
          let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<found])
          return unsafe socket.send(part, to: nil, SentMetadata())
        }
      }
    }
    // Relays copy where there is no pipe.
    calls.pipe = { _ in -Int(EOPNOTSUPP) }
    calls.splice = { _, _, _, _ in -Int(EINVAL) }
    unsafe calls.read = { _, _ in -Int(EOPNOTSUPP) }
  }

  private func addMessageCalls(_ calls: inout SystemCalls) {
    unsafe calls.recvmsg = { [self] number, message, flags in
      call(number) { unsafe receive($0, &message, flags) }
    }
    unsafe calls.sendmsg = { [self] number, message, _ in
      let message = unsafe copy message
      return call(number) { unsafe send($0, message) }
    }
    unsafe calls.recvmmsg = { [self] number, messages, flags in
      call(number) { socket in
        for index in messages.indices {
          let result = unsafe receive(socket, &messages[index].header, flags)
          if result < 0 { return index == 0 ? result : index }
          unsafe messages[index].length = UInt32(result)
        }
        return messages.count
      }
    }
    unsafe calls.sendmmsg = { [self] number, messages, _ in
      call(number) { socket in
        for index in messages.indices {
          let result = unsafe send(socket, messages[index].header)
          if result < 0 { return index == 0 ? result : index }
          unsafe messages[index].length = UInt32(result)
        }
        return messages.count
      }
    }
  }

  private func addFileCalls(_ calls: inout SystemCalls) {
    unsafe calls.fileStatus = { [self] path, status in
      let bytes = unsafe Self.bytes(path)
      guard let number = monitor.locked({ names.file(at: bytes) }) else { return -Int(ENOENT) }
      status.device = 1
      status.inode = number
      status.is_socket = 1
      return 0
    }
    unsafe calls.unlink = { [self] path in
      let bytes = unsafe Self.bytes(path)
      return call { names.unlink(bytes) }
    }
    unsafe calls.openDirectory = { [self] path in
      let bytes = unsafe Self.bytes(path)
      return call { open(SimulatedDirectory(self, path: bytes)) }
    }
    calls.tryLock = { [self] number in
      call {
        guard let directory = table[number] as? SimulatedDirectory else { return -Int(EBADF) }
        if let owner = lockedDirectories[directory.path], owner !== directory {
          return -Int(EAGAIN)
        }
        lockedDirectories[directory.path] = directory
        return 0
      }
    }
  }

  private static func bytes(_ path: UnsafePointer<CChar>) -> [UInt8] {
    let count = unsafe strlen(path)
    return unsafe UnsafeRawBufferPointer(start: path, count: count).map { $0 }
  }
}
