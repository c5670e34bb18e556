"""What is done wrong on purpose: places in the library, and what each says when its mutation is active.

All of them are built into one program, where `Mutation.is("name")` tells at run time which one is active: so forty
mutations cost one build. In a replacement, `{old}` stands for the text as it was.
"""

from dataclasses import dataclass, field

ROOT = "Sources/Sockets/"


@dataclass
class Mutation:
    name: str
    # What is wrong, for the table; nothing for a second place of an earlier one.
    what: str
    # The suites that should notice.
    suites: str
    file: str
    old: str
    new: str
    # Other mutations of the same text, which are in the replacement too: name, what, suites.
    others: list = field(default_factory=list)


MUTATIONS = [
    # The state of a waiter
    Mutation(
        "wake-up-dropped",
        "an edge does not resume the task that waits for it",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    rawValue |= hangUp ? Bit.ready | Bit.hungUp : Bit.ready\n    return unpark()",
        "    rawValue |= hangUp ? Bit.ready | Bit.hungUp : Bit.ready\n"
        '    if Mutation.is("wake-up-dropped") { return false }\n    return unpark()',
    ),
    Mutation(
        "newer-edge-cleared",
        "EAGAIN clears the readiness, though an edge came during the call",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    case .yes: break\n",
        '    case .yes: if Mutation.is("newer-edge-cleared") { rawValue &= ~Bit.ready }\n',
    ),
    Mutation(
        "hang-up-not-sticky",
        "a short read clears the readiness, though the peer has ended its side",
        "WaiterStateTests|ReadTests",
        "Reactor/WaiterState.swift",
        "if rawValue & Bit.hungUp != 0 { rawValue |= Bit.ready }",
        'if rawValue & Bit.hungUp != 0, !Mutation.is("hang-up-not-sticky") { rawValue |= Bit.ready }',
    ),
    Mutation(
        "parks-though-ready",
        "a task goes to sleep though an edge came just before",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    if rawValue & (Bit.ready | Bit.interrupted | Bit.closed) != 0 {",
        '    let reasons = Mutation.is("parks-though-ready") ? Bit.interrupted | Bit.closed\n'
        '      : Mutation.is("parks-though-cancelled") ? Bit.ready | Bit.closed\n'
        '      : Mutation.is("parks-though-closed") ? Bit.ready | Bit.interrupted\n'
        "      : Bit.ready | Bit.interrupted | Bit.closed\n    if rawValue & reasons != 0 {",
        [
            ("parks-though-cancelled", "a task goes to sleep though it was cancelled just before", "WaiterStateTests"),
            ("parks-though-closed", "a task goes to sleep though its socket was closed just before", "WaiterStateTests"),
        ],
    ),
    Mutation(
        "interruption-stays",
        "a cancellation also ends the next operation",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    rawValue &= ~Bit.interrupted\n    if rawValue & Bit.contended",
        '    if !Mutation.is("interruption-stays") { rawValue &= ~Bit.interrupted }\n    if rawValue & Bit.contended',
    ),
    Mutation(
        "interruption-stays",
        "",
        "",
        "Reactor/WaiterState.swift",
        "    rawValue = (rawValue | Bit.claimed) & ~Bit.interrupted\n",
        "    rawValue |= Bit.claimed\n"
        '    if !Mutation.is("interruption-stays") { rawValue &= ~Bit.interrupted }\n',
    ),
    Mutation(
        "resumed-twice",
        "a task that was resumed still counts as asleep",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    rawValue &= ~Bit.parked\n    return true",
        '    if !Mutation.is("resumed-twice") { rawValue &= ~Bit.parked }\n    return true',
    ),
    Mutation(
        "never-yields",
        "a busy socket never lets others run",
        "WaiterStateTests",
        "Reactor/WaiterState.swift",
        "    if rawValue / Bit.oneOperation < Self.operationsBeforeYield {",
        '    if Mutation.is("never-yields") { return .go }\n'
        "    if rawValue / Bit.oneOperation < Self.operationsBeforeYield {",
    ),
    Mutation(
        "turn-lost",
        "a queued write that gives up as it is handed its turn keeps it",
        "TurnTests",
        "Reactor/Registration+Turns.swift",
        "      if !left, !isClosed { abandon(direction) }",
        '      if !left, !isClosed, !Mutation.is("turn-lost") { abandon(direction) }',
    ),
    Mutation(
        "turn-not-passed",
        "the end of a write does not wake the next one in the queue",
        "WriteTests|AcceptTests",
        "Reactor/Registration+Turns.swift",
        "    next?.signal(direction)",
        '    if !Mutation.is("turn-not-passed") { next?.signal(direction) }',
    ),
    # The reactor
    Mutation(
        "generation-ignored",
        "an event finds whoever has the slot now",
        "SlotTableTests",
        "Reactor/SlotTable.swift",
        "slots[index].generation == UInt32(token >> 32) else",
        'slots[index].generation == UInt32(token >> 32) || Mutation.is("generation-ignored") else',
    ),
    Mutation(
        "duration-rounded-down",
        "a duration loses its part of a nanosecond",
        "LoopTimeTests",
        "Reactor/LoopTime.swift",
        "Int64(clamping: rest > 0 ? whole + 1 : whole)",
        'Int64(clamping: rest > 0 && !Mutation.is("duration-rounded-down") ? whole + 1 : whole)',
    ),
    Mutation(
        "sleep-rounded-down",
        "the loop wakes up to a millisecond before a deadline, and spins",
        "LoopTimeTests",
        "Reactor/LoopTime.swift",
        "Int32((nanoseconds + 999_999) / 1_000_000)",
        'Int32((nanoseconds + (Mutation.is("sleep-rounded-down") ? 0 : 999_999)) / 1_000_000)',
    ),
    Mutation(
        "timer-early",
        "a timer fires a millisecond early",
        "TimerQueueTests",
        "Reactor/TimerQueue.swift",
        "first.deadline <= now else { return nil }",
        'first.deadline <= now + (Mutation.is("timer-early") ? 1_000_000 : 0) else { return nil }',
    ),
    Mutation(
        "timers-out-of-order",
        "the queue of timers takes the wrong child",
        "TimerQueueTests",
        "Reactor/TimerQueue.swift",
        "if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }",
        "if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline,\n"
        '        !Mutation.is("timers-out-of-order")\n      { child += 1 }',
    ),
    Mutation(
        "foreign-job-unheard",
        "a job from another thread does not wake the reactor",
        "ReactorTests|ScriptedKernelTests",
        "Reactor/EventLoop.swift",
        "    wakeUp?.write()\n",
        '    if !Mutation.is("foreign-job-unheard") { wakeUp?.write() }\n',
    ),
    Mutation(
        "closed-in-epoll",
        "the descriptor is closed before it is taken out of epoll",
        "DescriptorTests|CloseTests",
        "Reactor/Registration.swift",
        "    if let number { loop.deregister(number) }\n",
        '    if let number, !Mutation.is("closed-in-epoll") { loop.deregister(number) }\n',
    ),
    Mutation(
        "closed-in-use",
        "a close releases the number while a system call is in flight on it",
        "ScriptedMomentTests|CloseTests",
        "Reactor/Registration.swift",
        "    drop(Self.open - inFlight)\n",
        '    drop(Self.open - (Mutation.is("closed-in-use") ? 0 : inFlight))\n',
    ),
    Mutation(
        "so-error-read",
        "SO_ERROR is read when a live connection reports its end, which eats the reset",
        "ReadTests|StreamContractTests",
        "Reactor/Registration.swift",
        "    if event.ends.isEmpty { return false }\n",
        '    if Mutation.is("so-error-read"), number != nil { try? socket.connectOutcome() }\n'
        "    if event.ends.isEmpty { return false }\n",
    ),
    Mutation(
        "end-wakes-writers",
        "the peer's end is taken for a hang-up of both directions",
        "PollerTests",
        "System/Poller.swift",
        "      writable = broken || bits & EPOLLOUT.rawValue != 0",
        "      writable = broken || bits & EPOLLOUT.rawValue != 0\n"
        '        || Mutation.is("end-wakes-writers") && readEnd',
    ),
    Mutation(
        "hang-up-unheard",
        "an error or a hang-up without \"readable\" wakes no reader",
        "PollerTests|ReadTests",
        "System/Poller.swift",
        "      let broken = bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0",
        "      let broken = bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0\n"
        '        && !Mutation.is("hang-up-unheard")',
    ),
    Mutation(
        "epoll-error-spins",
        "an epoll_wait that can never work again is tried for ever",
        "ScriptedKernelTests",
        "System/Poller.swift",
        "        if error != .interrupted {",
        '        if error != .interrupted, !Mutation.is("epoll-error-spins") {',
    ),
    # Descriptors
    Mutation(
        "eintr-thrown",
        "a call that a signal interrupts is an error",
        "ScriptedKernelTests|ScriptedSetupTests",
        "System/Errno.swift",
        "    if result != -Int(EINTR) { return result }",
        '    if result != -Int(EINTR) || Mutation.is("eintr-thrown") { return result }',
    ),
    Mutation(
        "close-repeated",
        "a close that a signal interrupts is made again",
        "ScriptedKernelTests|DescriptorTests",
        "System/FileDescriptor.swift",
        "    _ = kernel.call.close(number)\n    DescriptorSupply",
        '    if kernel.call.close(number) == -Int(EINTR), Mutation.is("close-repeated") {\n'
        "      _ = kernel.call.close(number)\n    }\n    DescriptorSupply",
    ),
    Mutation(
        "accepted-inherited",
        "accepted descriptors are not close-on-exec",
        "DescriptorTests|AcceptTests",
        "System/Socket.swift",
        "    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)\n    return unsafe peer",
        '    let flags = Mutation.is("accepted-inherited") ? Int32(SOCK_NONBLOCK.rawValue)\n'
        '      : Mutation.is("accepted-blocking") ? Int32(SOCK_CLOEXEC.rawValue)\n'
        "      : Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)\n    return unsafe peer",
        [("accepted-blocking", "accepted descriptors block", "DescriptorTests|AcceptTests")],
    ),
    Mutation(
        "socket-inherited",
        "sockets are not close-on-exec",
        "DescriptorTests",
        "System/Socket.swift",
        "    let type = type | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)",
        '    let type = type | (Mutation.is("socket-inherited") ? 0 : Int32(SOCK_CLOEXEC.rawValue))\n'
        '      | (Mutation.is("socket-blocking") ? 0 : Int32(SOCK_NONBLOCK.rawValue))',
        [("socket-blocking", "sockets block", "DescriptorTests")],
    ),
    Mutation(
        "received-inherited",
        "received descriptors are not close-on-exec",
        "DescriptorPassingTests",
        "System/Socket+Messages.swift",
        "      flags: Int32(MSG_CMSG_CLOEXEC | (isMessage ? MSG_TRUNC : 0))",
        '      flags: Int32((Mutation.is("received-inherited") ? 0 : MSG_CMSG_CLOEXEC) | (isMessage ? MSG_TRUNC : 0))',
    ),
    Mutation(
        "ctrunc-ignored",
        "that descriptors were cut off is not told",
        "DescriptorPassingTests|UnixDatagram",
        "System/DescriptorBatch.swift",
        "    isTruncated = isCut || received.count > limit",
        '    isTruncated = isCut && !Mutation.is("ctrunc-ignored") || received.count > limit',
    ),
    Mutation(
        "surplus-leaked",
        "descriptors that nobody asked for stay open",
        "DescriptorPassingTests|UnixDatagram",
        "System/DescriptorBatch.swift",
        "      } else {\n        _ = FileDescriptor(owning: received[index]",
        '      } else if !Mutation.is("surplus-leaked") {\n        _ = FileDescriptor(owning: received[index]',
    ),
    Mutation(
        "descriptors-twice",
        "the rest of a partial write takes the descriptors along again",
        "DescriptorPassingTests",
        "Streams/Stream+Descriptors.swift",
        "      if sent > 0 { return socket.send(bytes.span, after: sent) }\n",
        '      if sent > 0, Mutation.is("descriptors-twice") {\n'
        "        return bytes[sent...].withRawSpan { socket.send($0, passing: descriptors) }\n      }\n"
        "      if sent > 0 { return socket.send(bytes.span, after: sent) }\n",
    ),
    Mutation(
        "given-away-in-call",
        "a socket is given away in the midst of another task's call",
        "ScriptedMomentTests",
        "Reactor/Registration+WithoutCalls.swift",
        "    let reader = try halt(.read)\n",
        '    if Mutation.is("given-away-in-call") { return try body() }\n'
        "    let reader = try halt(.read)\n",
    ),
    Mutation(
        "reset-taken-by-close",
        "the close of a socket that is given away takes its error for the observers",
        "AdoptionTests",
        "Reactor/Registration.swift",
        "    if inFlight == 0, manner != .detached {",
        '    if inFlight == 0, manner != .detached || Mutation.is("reset-taken-by-close") {',
    ),
    Mutation(
        "told-reset-given-away",
        "a connection whose reset a call was told of is given away, for a clean end",
        "AdoptionTests",
        "Streams/Adoption.swift",
        "        if let error = toldFailure {",
        '        if let error = toldFailure, !Mutation.is("told-reset-given-away") {',
    ),
    # Accepting
    Mutation(
        "pause-told-late",
        "observers are told of a listener's pause behind its close",
        "ScriptedMomentTests",
        "Reactor/Registration+Observation.swift",
        "    guard isOpen else { return }\n    Observers.tell(event(identity))\n",
        '    guard isOpen || Mutation.is("pause-told-late") else { return }\n    Observers.tell(event(identity))\n',
    ),
    Mutation(
        "pause-ended-by-victim",
        "a pause for want of memory ends with the close of the client who met it",
        "ScriptedAcceptTests",
        "Streams/Acceptor.swift",
        "        if !error.isLackOfDescriptors {",
        '        if !error.isLackOfDescriptors, !Mutation.is("pause-ended-by-victim") {',
    ),
    Mutation(
        "one-accept-per-edge",
        "after one accept the listener waits for the next edge",
        "AcceptTests|ServeTests",
        "Streams/Acceptor.swift",
        "        pause.store(Self.shortestPause, ordering: .relaxed)\n        return .done(0, usedUp: .no)",
        "        pause.store(Self.shortestPause, ordering: .relaxed)\n"
        '        return .done(0, usedUp: Mutation.is("one-accept-per-edge") ? .yes : .no)',
    ),
    Mutation(
        "no-back-off",
        "without descriptors, accepting is tried again at once, for ever",
        "ScriptedAcceptTests|ExhaustionTests",
        "Streams/Acceptor.swift",
        "        return .later(retry)\n",
        '        if Mutation.is("no-back-off") { return .again(.no) }\n'
        '        if Mutation.is("deaf-when-exhausted") { return .again(.yes) }\n        return .later(retry)\n',
        [
            (
                "deaf-when-exhausted",
                "without descriptors, accepting waits for an edge that never comes",
                "ScriptedAcceptTests|ExhaustionTests",
            )
        ],
    ),
    Mutation(
        "reserve-kept",
        "a listener without descriptors keeps its reserve from the program",
        "ExhaustionTests",
        "Streams/Acceptor.swift",
        "        reserve.giveUp()\n        let now",
        '        if !Mutation.is("reserve-kept") { reserve.giveUp() }\n        let now',
    ),
    Mutation(
        "supply-unheard",
        "a close does not wake a listener that waits for a descriptor",
        "ScriptedAcceptTests|ExhaustionTests",
        "System/DescriptorSupply.swift",
        "    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else",
        '    guard waiting.load(ordering: .sequentiallyConsistent) > 0, !Mutation.is("supply-unheard") else',
    ),
    Mutation(
        "client-error-fatal",
        "the error of one client ends the listener",
        "AcceptDispositionTests|ScriptedAcceptTests",
        "Streams/AcceptDisposition.swift",
        "  init(_ error: Errno) {\n",
        '  init(_ error: Errno) {\n    if error == .connectionAborted, Mutation.is("client-error-fatal") {\n'
        "      self = .fail\n      return\n    }\n",
    ),
    Mutation(
        "accepted-dropped",
        "a client who was accepted as its acceptor was cancelled is dropped",
        "AcceptTests",
        "Streams/Acceptor.swift",
        "    guard let accepted = try await accept(deadline, for: nil) else { throw .closed }\n",
        "    guard let accepted = try await accept(deadline, for: nil) else { throw .closed }\n"
        '    if Mutation.is("accepted-dropped"), Task.isCancelled { throw .cancelled }\n',
    ),
    Mutation(
        "drain-stops-early",
        "a stop ends at the first empty queue, before those who are about to connect",
        "ScriptedMomentTests|DrainingTests",
        "Streams/Acceptor.swift",
        "        return isLast ? .failed(.canceled) : .later(last)",
        '        if Mutation.is("drain-stops-early") { return .failed(.canceled) }\n'
        "        return isLast ? .failed(.canceled) : .later(last)",
    ),
    Mutation(
        "drain-asked-late",
        "a request that comes just before a drain is passed over, if the look for it came before both",
        "ScriptedMomentTests|DrainingTests",
        "Serving/SocketConnection+Draining.swift",
        "        return isDraining ? .done(0, usedUp: .yes) : .again(.yes)",
        '        if Mutation.is("drain-asked-late"), self.isDraining { return .done(0, usedUp: .yes) }\n'
        "        return isDraining ? .done(0, usedUp: .yes) : .again(.yes)",
    ),
    Mutation(
        "drain-drops-queue",
        "a stop closes the listener at once, and resets who is queued",
        "DrainingTests|ServeTests|ShardTests",
        "Streams/Acceptor.swift",
        "    drainSignal.raise(deadline: deadline)\n",
        "    drainSignal.raise(deadline: deadline)\n"
        '    if Mutation.is("drain-drops-queue") { close() }\n',
    ),
    Mutation(
        "one-client-too-many",
        "the limit of connections is off by one",
        "ServeTests|ServeManyTests",
        "Serving/Serving.swift",
        "      guard state.places < limit else { return false }",
        '      guard state.places < limit || Mutation.is("one-client-too-many") && state.places == limit\n'
        "      else { return false }",
    ),
    Mutation(
        "one-client-too-many",
        "",
        "",
        "Serving/Serving.swift",
        "  var hasRoom: Bool { state.withLock { $0.places < limit } }",
        '  var hasRoom: Bool { state.withLock { $0.places < limit || Mutation.is("one-client-too-many") } }',
    ),
    # Streams
    Mutation(
        "read-dropped",
        "a read that took bytes as it was cancelled throws them away",
        "ScriptedMomentTests|CancellationTests",
        "Streams/Stream+Reading.swift",
        "    return try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in\n"
        "      if hasBuffer.load(ordering: .relaxed) {\n        var unread = takeBuffer()\n"
        "        defer { putBack(&unread) }\n        return .done(unread.move(into: &span)",
        '    if Mutation.is("read-dropped") {\n'
        "      let count = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {\n"
        "        Registration.Attempt(counted($0.receive(into: &span)))\n      }\n"
        "      if Task.isCancelled { throw .cancelled }\n      return count\n    }\n    {old}",
    ),
    Mutation(
        "collected-dropped",
        "an exact read that is cut short drops the bytes that it has",
        "CancellationTests|InterruptedReadTests|StreamContractTests",
        "Streams/Stream+Filling.swift",
        "      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }\n      throw self.error(error, .read)",
        '      if Mutation.is("collected-dropped") { _ = takeBuffer() }\n'
        "      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }\n      throw self.error(error, .read)",
    ),
    Mutation(
        "buffered-unheard",
        "what lies in the buffer makes no later read ready",
        "CancellationTests|InterruptedReadTests|StreamContractTests|FramingTests",
        "Streams/Stream+Filling.swift",
        "      return .done(0, usedUp: isShort && unread.isEmpty ? .unlessHungUp : .no)",
        '      let forgets = Mutation.is("buffered-unheard")\n'
        "      return .done(0, usedUp: forgets ? .yes : isShort && unread.isEmpty ? .unlessHungUp : .no)",
    ),
    Mutation(
        "second-reader-waits",
        "a second read waits for the first one instead of being refused",
        "StreamContractTests|ReadTests",
        "Streams/Stream+Filling.swift",
        "      _ = try await registration.perform(.read, whenBusy: .fail, until: deadline) { socket in\n"
        "        var unread",
        '      let whenBusy = Mutation.is("second-reader-waits") ? Registration.WhenBusy.queue : .fail\n'
        "      _ = try await registration.perform(.read, whenBusy: whenBusy, until: deadline) { socket in\n"
        "        var unread",
    ),
    Mutation(
        "reset-forgotten",
        "a reset is told once, and is a clean end afterwards",
        "ReadTests|StreamContractTests",
        "Streams/Stream.swift",
        "      desired: error.concernsTheCallOnly ? 0 : error.rawValue,",
        '      desired: error.concernsTheCallOnly || Mutation.is("reset-forgotten") ? 0 : error.rawValue,',
    ),
    Mutation(
        "progress-off-by-one",
        "a write that goes on sends the last byte again",
        "WriteTests|ScriptedKernelTests",
        "Streams/Stream+Writing.swift",
        "          sent += result\n",
        '          sent += Mutation.is("progress-off-by-one") && sent + result < count && result > 1\n'
        "            ? result - 1 : result\n",
    ),
    Mutation(
        "progress-untold",
        "a write that is cut short says that nothing went out",
        "WriteTests|StreamContractTests",
        "Streams/Stream+Writing.swift",
        "      throw self.error(error, .write, bytesWritten: sent)",
        '      throw self.error(error, .write, bytesWritten: Mutation.is("progress-untold") ? 0 : sent)',
    ),
    Mutation(
        "sigpipe",
        "a write to a peer that is gone ends the process (MSG_NOSIGNAL)",
        "BrokenPipeSignalTests",
        "System/Socket+Bytes.swift",
        "      unsafe kernel.call.send(number, rest, Int32(MSG_NOSIGNAL))",
        '      unsafe kernel.call.send(number, rest, Mutation.is("sigpipe") ? 0 : Int32(MSG_NOSIGNAL))',
    ),
    Mutation(
        "finish-refused",
        "the end of a connection that is over already is an error",
        "ScriptedKernelTests",
        "Streams/Stream.swift",
        "          if error != .notConnected { return .failed(error) }",
        '          if error != .notConnected || Mutation.is("finish-refused") { return .failed(error) }',
    ),
    # Connecting
    Mutation(
        "v6-only-unset",
        "IPV6_V6ONLY is left to the machine's configuration",
        "BindTests",
        "Streams/TCPListener+Bind.swift",
        "        if address.isIPv6 {\n",
        '        if address.isIPv6, !Mutation.is("v6-only-unset") {\n',
    ),
    Mutation(
        "connect-outcome-ignored",
        "a refused connect is a connection",
        "ConnectTests",
        "System/Socket.swift",
        "    if error != 0 { throw Errno(error) }",
        '    if error != 0, !Mutation.is("connect-outcome-ignored") { throw Errno(error) }',
    ),
    Mutation(
        "connect-interrupted",
        "a connect that a signal interrupts is an error",
        "ScriptedSetupTests|ScriptedKernelTests",
        "System/Socket.swift",
        "    case EINPROGRESS, EINTR: return false",
        '    case EINTR where Mutation.is("connect-interrupted"): throw Errno(EINTR)\n'
        "    case EINPROGRESS, EINTR: return false",
    ),
    Mutation(
        "self-connect",
        "a connection to itself is taken for one to a server",
        "ConnectTests|ScriptedSetupTests",
        "Streams/TCPConnection+Connect.swift",
        "      if stream.localName != stream.remoteName { return stream }",
        '      if stream.localName != stream.remoteName || Mutation.is("self-connect") { return stream }',
    ),
    # Datagrams and Unix-domain sockets
    Mutation(
        "truncation-untold",
        "a datagram that was cut looks whole",
        "UDPSocketTests|UnixDatagram",
        "System/Socket+Datagrams.swift",
        "    self.length = length\n",
        '    self.length = Mutation.is("truncation-untold") ? min(length, room) : length\n',
    ),
    Mutation(
        "network-error-ends",
        "what the network says of one datagram ends the sequence",
        "UDPNetworkErrorTests",
        "Datagrams/DatagramPort+Receiving.swift",
        "      if error.concernsTheOtherEnd { return .again(.no) }",
        '      if error.concernsTheOtherEnd, !Mutation.is("network-error-ends") { return .again(.no) }',
    ),
    Mutation(
        "successor-unlinked",
        "the close of an old server removes its successor's file",
        "ExistingPathTests|UnixListenerTests",
        "System/SocketFile.swift",
        "      guard isSame(as: try SocketFile(path: path, kernel: kernel)) else { return }",
        '      guard try Mutation.is("successor-unlinked") ? true : isSame(as: SocketFile(path: path, kernel: kernel))\n'
        "      else { return }",
    ),
    Mutation(
        "living-evicted",
        "a second server takes the path of one that lives",
        "ExistingPathTests",
        "Streams/UnixBinding.swift",
        "        guard found.isSocket, try !Socket.isBound(name, kernel: kernel) else {",
        '        guard found.isSocket, try Mutation.is("living-evicted") ? true : !Socket.isBound(name, kernel: kernel) else {',
    ),
    Mutation(
        "mode-unset",
        "the permissions of a socket's file are left to the umask",
        "UnixListenerTests",
        "Streams/UnixBinding.swift",
        "    if let mode { try socket.setMode(UInt32(mode)) }",
        '    if let mode, !Mutation.is("mode-unset") { try socket.setMode(UInt32(mode)) }',
    ),
    Mutation(
        "path-cut",
        "a path of more than 107 bytes is taken",
        "UnixAddressTests",
        "Addresses/UnixAddress.swift",
        "    if address.bytes.count > maximumLength {",
        '    if address.bytes.count > maximumLength, !Mutation.is("path-cut") {',
    ),
    # Parsers
    Mutation(
        "leading-zero",
        "a number may have zeros in front of it",
        "IPv4AddressTests|AddressTextTests",
        "Addresses/AddressScanner.swift",
        '      guard bytes[start] != UInt8(ascii: "0") || offset - start < width else {',
        '      guard bytes[start] != UInt8(ascii: "0") || offset - start < width || Mutation.is("leading-zero") else {',
    ),
    Mutation(
        "delimiter-limit",
        "a frame that is exactly as long as it may be is refused",
        "FramingTests",
        "ByteStreams/Delimiter.swift",
        "    if let found, found <= limit { return found }",
        '    if let found, found < limit || found == limit && !Mutation.is("delimiter-limit") { return found }',
    ),
    Mutation(
        "length-limit",
        "a frame may be a byte longer than allowed",
        "FramingTests",
        "Framing/LengthPrefixFraming.swift",
        "    if length > UInt64(limit) {",
        '    if length > UInt64(limit) + (Mutation.is("length-limit") ? 1 : 0) {',
    ),
    Mutation(
        "checksum-ignored",
        "a PROXY header with a wrong checksum is believed",
        "ProxyHeader",
        "ProxyProtocol/ProxyHeader+Decoding.swift",
        "        guard checksum.value.bigEndianBytes == field.value else {",
        '        guard checksum.value.bigEndianBytes == field.value || Mutation.is("checksum-ignored") else {',
    ),
]
