internal import Sockets

extension DatagramContract {
  /// What arrives.
  static var whole: [Rule] {
    [
      Rule("datagrams of every length arrive as they were sent") { pair in
        for length in [1, 2, 100, 1_400, 9_000, pair.size] where length <= pair.size {
          try await pair.far.send(pattern(length), nil)
          let (payload, sent) = try await pair.near.receive(pair.size, nil)
          try expect(payload, pattern(length))
          try expect(sent, length, "the length as it was sent: ")
        }
      },
      Rule("an empty datagram arrives, and ends nothing") { pair in
        for payload in [[], [7]] as [[UInt8]] {
          try await pair.far.send(payload, nil)
          try await expect(pair.near.receive(8, nil).0, payload)
        }
      },
      Rule("a datagram that exceeds the room is cut, and says how long it was") { pair in
        try await pair.far.send(pattern(100), nil)
        let (payload, length) = try await pair.near.receive(10, nil)
        try expect(payload, pattern(10))
        try expect(length, 100, "the length as it was sent: ")
        try await pair.far.send([7], nil)
        try await expect(pair.near.receive(10, nil).0, [7])
      },
      Rule("a datagram that is too long fails alone") { pair in
        try await expectError(.messageTooLong) { try await pair.far.send(pattern(10_000_000), nil) }
        try await pair.far.send([7], nil)
        try await expect(pair.near.receive(10, nil).0, [7])
      },
      Rule("datagrams of several tasks arrive whole, each once") { pair in
        let (tasks, count) = (4, 8)
        try await withThrowingTaskGroup { group in
          for task in 0..<tasks {
            group.addTask {
              for number in 0..<count {
                let payload = [UInt8](repeating: UInt8(task * count + number), count: 1_000)
                try await pair.far.send(payload, nil)
              }
            }
          }
          group.addTask {
            var seen: Set<UInt8> = []
            for _ in 0..<tasks * count {
              let (payload, _) = try await pair.near.receive(2_000, nil)
              let number = payload.first ?? .max
              try expect(payload, [UInt8](repeating: number, count: 1_000))
              try expect(
                number < tasks * count && seen.insert(number).inserted,
                orFinding: "datagram \(number) comes again, or was never sent"
              )
            }
          }
          // Leaves at the first failure, unlike `waitForAll()`: the others may wait for ever then.
          for try await _ in group {}
        }
      },
    ]
  }

  /// What cancellation and deadlines do.
  static var waiting: [Rule] {
    [
      Rule("a cancelled receive takes nothing, and the next one receives") { pair in
        let cancelled = try await outcomeWhenCancelled {
          try await pair.near.receive(8, nil).0
        } at: {
          try await pair.reactor.waitUntilParked(readers: 1)
        }
        try expectCancelled(cancelled)
        try await pair.far.send([7], nil)
        try await expect(pair.near.receive(8, nil).0, [7])
      },
      Rule("in a task that is cancelled already, nothing is sent or received") { pair in
        try await pair.far.send([1], nil)
        let receive = await outcomeWhenCancelledBefore { try await pair.near.receive(8, nil).0 }
        try expectCancelled(receive)
        let send = await outcomeWhenCancelledBefore { try await pair.far.send([2], nil) }
        try expectCancelled(send)
        try await expect(pair.near.receive(8, nil).0, [1])
        try await pair.far.send([3], nil)
        try await expect(pair.near.receive(8, nil).0, [3])
      },
      Rule("a deadline that has passed ends a receive that would wait, at once") { pair in
        for _ in 0..<2 {
          let past = ContinuousClock.now - .seconds(1)
          try await expectError(.timedOut) { try await pair.near.receive(8, past) }
        }
        try await pair.far.send([7], nil)
        try await expect(pair.near.receive(8, nil).0, [7])
      },
      Rule("a deadline to come ends the receive when it has come, not before") { pair in
        let deadline = ContinuousClock.now + .milliseconds(5)
        try await expectError(.timedOut) { try await pair.near.receive(8, deadline) }
        try expect(ContinuousClock.now >= deadline, orFinding: "the deadline is yet to come")
        try await pair.far.send([7], nil)
        try await expect(pair.near.receive(8, nil).0, [7])
      },
      Rule("a deadline that is not reached does nothing") { pair in
        async let received = pair.near.receive(8, .now + .seconds(600))
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.send([7], nil)
        let (payload, _) = try await received
        try expect(payload, [7])
      },
      Rule("a second receive is refused, and the first is unharmed") { pair in
        async let first = pair.near.receive(8, nil)
        try await pair.reactor.waitUntilParked(readers: 1)
        try await expectError(.concurrentRead) { try await pair.near.receive(8, nil) }
        try await pair.far.send([7], nil)
        let (payload, _) = try await first
        try expect(payload, [7])
      },
      Rule("receiving and sending do not wait for each other") { pair in
        async let received = pair.near.receive(8, nil)
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.near.send([1], nil)
        try await expect(pair.far.receive(8, nil).0, [1])
        try await pair.far.send([2], nil)
        let (payload, _) = try await received
        try expect(payload, [2])
      },
    ]
  }

  /// What a close does.
  static var closing: [Rule] {
    [
      Rule("a close ends a receive that waits") { pair in
        async let received = outcome { try await pair.near.receive(8, nil).0 }
        try await pair.reactor.waitUntilParked(readers: 1)
        pair.near.close()
        let ended = await received
        try expect(ended, failedWith: .closed)
      },
      Rule("after the close, every operation says so, and closing twice is harmless") { pair in
        try await pair.far.send([7], nil)
        pair.near.close()
        pair.near.close()
        try await expectError(.closed) { try await pair.near.receive(8, nil) }
        try await expectError(.closed) { try await pair.near.send([1], nil) }
        try await expectError(.closed) { try await pair.near.send([], nil) }
      },
    ]
  }
}
