import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A service manager: the end that receives.
private struct Manager {
  let socket = RawUnixSocket(type: Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue))
  let address: UnixAddress

  init(_ address: UnixAddress? = nil) throws {
    let name = "sockets-notify-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    self.address = try address ?? .abstract(name)
    try #require(socket.bind(to: self.address))
  }

  /// The next message, and the descriptors that it came with; `nil` if there is none.
  func receive(_ descriptors: inout DescriptorBatch) -> String? {
    var bytes: [UInt8] = []
    let (count, _) = Socket(number: socket.number, kernel: .linux).receive(
      appendingTo: &bytes,
      upTo: 4096,
      isMessage: false,
      &descriptors,
      descriptorLimit: 253
    )
    return count < 0 ? nil : String(decoding: bytes, as: UTF8.self)
  }

  func receive() -> String? {
    var none = DescriptorBatch()
    return receive(&none)
  }
}

@Suite(.timeLimit(.minutes(1))) struct ServiceNotificationTests {
  private func text(_ notifications: ServiceNotification...) throws -> String {
    String(decoding: try ServiceNotification.message(notifications), as: UTF8.self)
  }

  @Test func `messages are those of sd_notify`() throws {
    #expect(try text(.ready) == "READY=1")
    #expect(try text(.ready, .status("up: 3 of 4 é")) == "READY=1\nSTATUS=up: 3 of 4 é")
    #expect(try text(.stopping, .failed(errno: 2)) == "STOPPING=1\nERRNO=2")
    #expect(try text(.watchdog) == "WATCHDOG=1")
    #expect(try text(.watchdogTrigger) == "WATCHDOG=trigger")
    #expect(try text(.mainProcess(7)) == "MAINPID=7")
    #expect(try text(.mainProcess()) == "MAINPID=\(getpid())")
    #expect(try text(.watchdogInterval(.milliseconds(1500))) == "WATCHDOG_USEC=1500000")
    #expect(try text(.extendTimeout(by: .nanoseconds(1))) == "EXTEND_TIMEOUT_USEC=1")
    #expect(try text(.extendTimeout(by: .seconds(-1))) == "EXTEND_TIMEOUT_USEC=0")
    #expect(try text(.removeDescriptors(named: "web")) == "FDSTOREREMOVE=1\nFDNAME=web")
    #expect(try text(.variable("X_LEVEL_2", "")) == "X_LEVEL_2=")
  }

  @Test func `a reload says when it was, on the monotonic clock`() throws {
    let before = ProcessEnvironment.monotonicMicroseconds
    let message = try text(.reloading)
    let prefix = "RELOADING=1\nMONOTONIC_USEC="
    #expect(message.hasPrefix(prefix))
    let time = try #require(Int64(message.dropFirst(prefix.count)))
    #expect((before...ProcessEnvironment.monotonicMicroseconds).contains(time))
  }

  @Test func `nothing slips in another line`() async {
    let long = String(repeating: "n", count: 256)
    for notification in [
      .status("a\nREADY=1"), .status("\u{0}"), .variable("", "x"), .variable("A=B", "x"),
      .variable("a", "x"), .variable("A\nB", "x"), .removeDescriptors(named: "a:b"),
      .removeDescriptors(named: ""), .removeDescriptors(named: long),
      .removeDescriptors(named: "ä"), .variable("FDNAME", "\n"),
    ] as [ServiceNotification] {
      let error = await expectError(.invalidArgument) { try text(notification) }
      #expect(error?.operation == .send)
    }
  }

  @Test func `where the manager listens`() async throws {
    #expect(try ServiceNotification.manager { _ in nil } == nil)
    #expect(try ServiceNotification.manager { _ in "" } == nil)
    for (text, address) in [
      ("/run/a\\b", try UnixAddress.path("/run/a\\b")), ("@a", try .abstract("a")),
      ("@", try .abstract("")),
    ] {
      let found = try ServiceNotification.manager { $0 == "NOTIFY_SOCKET" ? text : nil }
      #expect(found == address)
    }
    await expectError(.notSupported) { try ServiceNotification.manager { _ in "vsock:2:9" } }
    await expectError(.notSupported) { try ServiceNotification.manager { _ in "relative" } }
    await expectError(.invalidArgument) {
      try ServiceNotification.manager { _ in "/" + String(repeating: "p", count: 107) }
    }
  }

  @Test func `without a manager nothing is sent, and that is no error`() async throws {
    #expect(try await !ServiceNotification.send([1], to: nil, deadline: nil))
    #expect(try await !ServiceNotification.waitUntilProcessed(by: nil, deadline: nil))
    #expect(try await !ServiceNotification.store([0], named: "x", at: nil, deadline: nil))
    // The tests are not run by a service manager.
    try #require(ProcessEnvironment.value("NOTIFY_SOCKET") == nil)
    #expect(try await !ServiceNotification.send(.ready))
    try await ServiceNotification.notifyWatchdog(every: .seconds(600))
  }

  @Test func `a message arrives whole, at a path and at an abstract name`() async throws {
    try await withDirectory { directory in
      for manager in [try Manager(), try Manager(.path(directory + "/notify"))] {
        let text = Array("READY=1\nSTATUS=fine".utf8)
        #expect(try await ServiceNotification.send(text, to: manager.address, deadline: nil))
        #expect(manager.receive() == "READY=1\nSTATUS=fine")
        #expect(manager.receive() == nil)
      }
    }
  }

  @Test func `a manager that is gone is an error`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/notify")
      await expectError(.fileNotFound) {
        try await ServiceNotification.send([1], to: address, deadline: nil)
      }
      do { _ = try Manager(address) }
      let error = await expectError(.connectionRefused) {
        try await ServiceNotification.send([1], to: address, deadline: nil)
      }
      #expect(error?.operation == .send)
      #expect(error?.remoteAddress as? UnixAddress == address)
    }
  }

  @Test func `a full queue suspends, until there is room, the deadline, or a cancellation`()
    async throws
  {
    let manager = try Manager()
    let address = manager.address
    var sent = 0
    while await outcome({
      try await ServiceNotification.send([1], to: address, deadline: .now)
    }).code != .timedOut {
      sent += 1
    }
    #expect(sent > 0)
    let cancelled = await outcomeWhenCancelledBefore {
      try await ServiceNotification.send([1], to: address, deadline: nil)
    }
    #expect(cancelled?.isCancellation == true)
    let waiting = Task { try await ServiceNotification.send([2], to: address, deadline: nil) }
    let other = Task { try await ServiceNotification.send([3], to: address, deadline: nil) }
    other.cancel()
    await #expect(throws: CancellationError.self) { try await other.value }
    var messages: [String] = []
    while let message = manager.receive() { messages.append(message) }
    #expect(try await waiting.value)
    while let message = manager.receive() { messages.append(message) }
    #expect(messages == Array(repeating: "\u{1}", count: sent) + ["\u{2}"])
  }

  @Test func `descriptors are stored under a name, and stay the sender's`() async throws {
    let manager = try Manager()
    let object = try #require(DescriptorAudit.object(manager.socket.number))
    let numbers = [manager.socket.number, manager.socket.number]
    #expect(
      try await ServiceNotification.store(numbers, named: "w b", at: manager.address, deadline: nil)
    )
    var batch = DescriptorBatch()
    #expect(manager.receive(&batch) == "FDSTORE=1\nFDNAME=w b")
    #expect(batch.numbers.map(DescriptorAudit.object) == [object, object])
    #expect(DescriptorAudit.object(manager.socket.number) == object)
    for count in [0, 254] {
      await expectError(.invalidArgument) {
        try await ServiceNotification.store(
          Array(repeating: 0, count: count),
          named: "x",
          at: manager.address,
          deadline: nil
        )
      }
    }
  }

  @Test func `a barrier holds until the manager has come to it`() async throws {
    let manager = try Manager()
    let address = manager.address
    let error = await expectError(.timedOut) {
      try await ServiceNotification.waitUntilProcessed(
        by: address,
        deadline: .now + .milliseconds(20)
      )
    }
    #expect(error?.operation == .send)
    var batch = DescriptorBatch()
    #expect(manager.receive(&batch) == "BARRIER=1")
    #expect(batch.count == 1)

    let isOver = Switch()
    async let waiting = {
      defer { isOver.isOn = true }
      return try await ServiceNotification.waitUntilProcessed(by: address, deadline: nil)
    }()
    var second = DescriptorBatch()
    var message: String?
    while message == nil {
      message = manager.receive(&second)
      await Task.yield()
    }
    #expect(message == "BARRIER=1")
    #expect(!isOver.isOn)
    do { _ = consume second }
    #expect(try await waiting)
  }

  @Test func `what the environment says of the watchdog`() async throws {
    func interval(_ variables: [String: String]) throws -> Duration? {
      try ServiceNotification.watchdogInterval(processID: 42) { variables[$0] }
    }
    #expect(try interval([:]) == nil)
    #expect(try interval(["WATCHDOG_USEC": "3000000"]) == .seconds(3))
    #expect(try interval(["WATCHDOG_USEC": "1", "WATCHDOG_PID": "42"]) == .microseconds(1))
    #expect(try interval(["WATCHDOG_USEC": "1", "WATCHDOG_PID": "43"]) == nil)
    #expect(try interval(["WATCHDOG_PID": "42"]) == nil)
    for variables in [
      ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": ""], ["WATCHDOG_USEC": "-1"],
      ["WATCHDOG_USEC": "x"], ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "x"],
      ["WATCHDOG_USEC": "99999999999999999999"], ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "0"],
    ] {
      await expectError(.invalidArgument) { try interval(variables) }
    }
  }

  @Test func `signs of life are sent at their times, until there is nobody to send to`()
    async throws
  {
    var times: [ContinuousClock.Instant] = []
    try await ServiceNotification.notifyWatchdog(every: .milliseconds(5)) {
      times.append(.now)
      return times.count < 4
    }
    #expect(times.count == 4)
    for (earlier, later) in zip(times, times.dropFirst()) {
      #expect(later - earlier >= .milliseconds(5))
    }
    let signs = Counter()
    let watching = Task {
      try await ServiceNotification.notifyWatchdog(every: .seconds(600)) {
        signs.increment() > 0
      }
    }
    try await waitUntil { signs.value == 1 }
    watching.cancel()
    await #expect(throws: CancellationError.self) { try await watching.value }
  }
}
