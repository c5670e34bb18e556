import CSockets
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct PollerTests {
  /// What epoll reports, and what that means.
  struct Report: Sendable {
    var bits: UInt32
    var readable = false
    var writable = false
    var hangUp = false
    var ends: Poller.Ends = []
  }

  // Of the kernel's <linux/eventpoll.h>.
  static let (input, urgent, output): (UInt32, UInt32, UInt32) = (0x1, 0x2, 0x4)
  static let (error, hangUp, peerEnd): (UInt32, UInt32, UInt32) = (0x8, 0x10, 0x2000)

  static let reports = [
    Report(bits: input, readable: true),
    Report(bits: output, writable: true),
    Report(bits: urgent, readable: true, hangUp: true),
    // The peer's end ends reading; a writer has nothing to do but wait for space.
    Report(bits: peerEnd, readable: true, hangUp: true, ends: .incoming),
    Report(bits: input | peerEnd, readable: true, hangUp: true, ends: .incoming),
    Report(bits: error, readable: true, writable: true, hangUp: true),
    Report(
      bits: hangUp,
      readable: true,
      writable: true,
      hangUp: true,
      ends: [.incoming, .connection]
    ),
  ]

  @Test(arguments: reports)
  func `an event wakes whom it concerns, and nobody else`(report: Report) throws {
    var calls = SystemCalls()
    unsafe calls.epollWait = { _, buffer, _ in
      unsafe buffer[0] = epoll_event(events: report.bits, data: epoll_data(u64: 7))
      return 1
    }
    let poller = try Poller(kernel: Kernel(calls))
    var events = Poller.Events()
    poller.wait(&events, milliseconds: 0)
    #expect(events.count == 1)
    let event = events[0]
    #expect(event.token == 7)
    #expect(event.readable == report.readable)
    #expect(event.writable == report.writable)
    #expect(event.hangUp == report.hangUp)
    #expect(event.ends == report.ends)
  }
}
