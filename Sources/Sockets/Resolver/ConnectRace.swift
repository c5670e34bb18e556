internal import Synchronization

/// Connects to an endpoint: asks the resolver, and starts attempts when ``ConnectPlanner`` says so.
///
/// One task owns the planner. The resolver and each attempt run in child tasks of it, which post what
/// happens to a mailbox; an alarm, which has the planner's next time as its deadline, wakes the owner.
/// The children have ended before the race returns, and a connection that comes too late to win is
/// closed, so that exactly one descriptor is left, or none.
struct ConnectRace {
  let endpoint: Endpoint

  /// The address to connect from; `nil` if the kernel is to choose.
  let source: SocketAddress?

  let order: AddressOrder
  let resolver: any Resolver
  let deadline: ContinuousClock.Instant?
  let reactor: Reactor

  /// Sets the caller's options of a new socket.
  let configure: @Sendable (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void

  /// What the child tasks report.
  private enum Report: Sendable {
    case resolved([SocketAddress])
    case resolutionEnded((any Error)?)
    case connected(Int, Stream)
    case failed(Int, OperationFailure)
    /// The caller's options could not be set.
    case refused(any Error)
  }

  /// Why there is no connection.
  private enum Failure: Error {
    case cancelled
    case timedOut
    case closed
    /// No address is left to try.
    case exhausted
    /// The caller's options could not be set.
    case refused
  }

  /// Runs the race.
  ///
  /// - Returns: The winner, with its timeline.
  /// - Throws: `CancellationError`, or a `SocketError` with the timeline.
  nonisolated(nonsending) func run() async throws -> Stream {
    let start = ContinuousClock.now
    var planner = ConnectPlanner(endpoint: endpoint)
    var resolutionError: (any Error)?
    var refusal: (any Error)?
    let alarm: Registration
    do throws(OperationFailure) {
      if Task.isCancelled { throw .cancelled }
      alarm = try reactor.loop.register(nil, initial: .waiting)
    } catch {
      throw error.error(.connect)
    }
    defer { alarm.close() }
    let mailbox = Mailbox(alarm)

    var outcome: Result<Stream, Failure>
    if let address = endpoint.socketAddress {
      mailbox.post(.resolved([address]))
      mailbox.post(.resolutionEnded(nil))
    }
    outcome = await withDiscardingTaskGroup(returning: Result<Stream, Failure>.self) { group in
      defer { group.cancelAll() }
      if endpoint.socketAddress == nil {
        group.addTask { [self] in await resolve(mailbox) }
      }
      while true {
        while let (report, instant) = mailbox.next() {
          let event: ConnectPlanner.Event
          switch report {
          case .resolved(let addresses): event = .resolved(addresses.filter(isWithinReach(of:)))
          case .resolutionEnded(let error):
            resolutionError = error
            event = .resolutionEnded
          case .failed(let index, let failure):
            let error = failure.error(.connect) as? SocketError
            event = .failed(index, error?.code ?? .closed, errno: error?.errno)
          case .refused(let error):
            refusal = error
            return .failure(.refused)
          case .connected(let index, let stream):
            _ = planner.take(.connected(index), at: instant - start)
            return .success(stream)
          }
          if let failure = perform(planner.take(event, at: instant - start)) {
            return .failure(failure)
          }
        }
        let now = ContinuousClock.now
        if let deadline, deadline <= now { return .failure(.timedOut) }
        if let wakeUp = planner.wakeUp, start + wakeUp <= now {
          if let failure = perform(planner.take(.time, at: now - start)) {
            return .failure(failure)
          }
          continue
        }
        do throws(OperationFailure) {
          let wakeUp = planner.wakeUp.map { start + $0 }
          _ = try await alarm.perform(
            .write,
            whenBusy: .fail,
            deadline: [wakeUp, deadline].compactMap(\.self).min(),
            attempt: { _ in .done(0, usedUp: .yes) }
          )
        } catch {
          switch error {
          case .timedOut: continue
          case .cancelled: return .failure(.cancelled)
          case .closed, .busy, .failed: return .failure(.closed)
          }
        }
      }

      func perform(_ action: ConnectPlanner.Action?) -> Failure? {
        switch action {
        case nil: return nil
        case .fail: return .exhausted
        case .start(let index):
          let address = planner.timeline.attempts[index].address
          group.addTask(executorPreference: reactor) { [self] in
            if let report = await attempt(index, address) { mailbox.post(report) }
          }
          return nil
        }
      }
    }

    // What came while the others were being ended. A connection that is there in time wins.
    while let (report, instant) = mailbox.next() {
      guard case .connected(let index, let stream) = report else { continue }
      if case .failure = outcome {
        _ = planner.take(.connected(index), at: instant - start)
        outcome = .success(stream)
      } else {
        stream.registration.close()
      }
    }
    switch outcome {
    case .success(let stream):
      _ = stream.connectTimeline.storeIfNil(.init(planner.timeline))
      return stream
    case .failure(.cancelled): throw CancellationError()
    case .failure(let failure):
      if failure == .refused, let refusal { throw refusal }
      if failure != .exhausted { planner.finish(at: ContinuousClock.now - start) }
      throw error(failure, planner.timeline, resolutionError)
    }
  }

  /// Whether an address can be connected to from the source.
  private func isWithinReach(of address: SocketAddress) -> Bool {
    guard let source = source(for: address) else { return true }
    return source.isIPv6 == address.isIPv6
  }

  /// The source for an address: for an IPv4 one the wildcard of both families is that of IPv4.
  private func source(for address: SocketAddress) -> SocketAddress? {
    guard let source, !address.isIPv6, source == .any(port: source.port) else { return source }
    return .anyIPv4(port: source.port)
  }

  /// Makes one attempt.
  ///
  /// - Returns: What came of it; `nil` if it was cancelled, which is no failure: the race is over, or its
  ///   owner is cancelled too.
  private func attempt(_ index: Int, _ address: SocketAddress) async -> Report? {
    var refusal: (any Error)?
    do throws(OperationFailure) {
      let stream = try await Stream.connectToAnother(
        address,
        from: source(for: address),
        until: .max,
        on: reactor
      ) { (socket) throws(Errno) in
        try UnconnectedSocket.configure(socket, address, configure, &refusal)
      }
      return .connected(index, stream)
    } catch {
      if let refusal { return .refused(refusal) }
      return error == .cancelled ? nil : .failed(index, error)
    }
  }

  private func resolve(_ mailbox: Mailbox) async {
    do {
      try await resolver.resolve(endpoint, deadline: deadline) { [order, reactor] addresses in
        var random = KernelRandom(kernel: reactor.loop.kernel)
        mailbox.post(.resolved(order.sorted(addresses, using: &random)))
      }
      mailbox.post(.resolutionEnded(nil))
    } catch {
      if !Task.isCancelled { mailbox.post(.resolutionEnded(error)) }
    }
  }

  /// The error that tells of a failed race.
  private func error(
    _ failure: Failure,
    _ timeline: ConnectTimeline,
    _ resolutionError: (any Error)?
  ) -> SocketError {
    var error: SocketError
    if let first = timeline.attempts.first {
      error = SocketError(.timedOut, operation: .connect, detail: timeline.failures)
      // That a family has no route at all says less than any other reason.
      let telling = timeline.attempts.first { attempt in
        if case .failed(.networkUnreachable, _) = attempt.outcome { return false }
        return true
      }
      if failure == .exhausted, case .failed(let code, let errno) = (telling ?? first).outcome {
        error.code = code
        if timeline.attempts.count == 1 { error.errno = errno }
      }
      if timeline.attempts.count == 1 {
        error.remoteAddress = first.address
        error.detail = endpoint.socketAddress == nil ? "\(endpoint)" : nil
      }
    } else if failure == .timedOut {
      error = SocketError(.timedOut, operation: .resolve)
    } else if let resolutionError = resolutionError as? SocketError {
      error = resolutionError
    } else {
      let lack = "it has no IP address" + (source.map { " to connect to from \($0)" } ?? "")
      let reason = resolutionError.map { "the resolver failed: \($0)" } ?? lack
      let code = resolutionError == nil ? SocketError.Code.nameNotFound : .nameResolutionFailed
      error = SocketError(code, operation: .resolve, detail: reason)
    }
    if failure == .closed { error.code = .closed }
    error.connectTimeline = timeline
    return error
  }

  /// Reports on their way to the race's owner, with the time at which they came.
  private final class Mailbox: Sendable {
    private let reports = Lock<[(Report, ContinuousClock.Instant)]>([])
    private let alarm: Registration

    init(_ alarm: Registration) { self.alarm = alarm }

    func post(_ report: Report) {
      let now = ContinuousClock.now
      reports.withLock { $0.append((report, now)) }
      alarm.signal(.write)
    }

    func next() -> (Report, ContinuousClock.Instant)? {
      reports.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
  }
}
