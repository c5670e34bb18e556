@testable import Sockets

/// One direction of one descriptor in miniature.
///
/// A kernel that holds data or not, an operation that reads it, and the ``WaiterState`` between them.
/// Every event is one atomic step of some thread.
struct WaiterModel {
  /// What can happen next.
  enum Event: CaseIterable {
    /// Data arrives; its edge is on the way.
    case data
    /// The loop delivers the edge.
    case ready
    /// The operation takes its next step: claim, system call, leave, enter, park.
    case step
    /// The operation's task is cancelled.
    case cancel
    /// The operation's deadline passes.
    case timeOut
    /// The registration is closed.
    case close
    /// Somebody else's interruption, meant for an operation that has ended, comes late.
    case lateInterrupt
  }

  /// Where the operation is.
  enum Place: Equatable {
    case idle
    /// Owns the direction and is about to `enter`.
    case awaiting
    /// Between `go` and the kernel's answer.
    case calling
    /// The kernel has answered; about to `leave`.
    case answered(data: Bool)
    /// Has looked at its task and its deadline, and is about to `park`.
    case parking
    case asleep
  }

  private(set) var state: WaiterState
  private(set) var place = Place.idle
  private var data = false
  private var edge = false
  private var isCancelled = false
  private var isTimedOut = false
  private(set) var isClosed = false
  /// Whether the close has to leave the descriptor to a call in flight.
  private var owesDescriptor = false
  private(set) var descriptorReleases = 0
  /// What went wrong, if anything did.
  private(set) var violation: String?

  init(initial: WaiterState) { state = initial }

  mutating func take(_ event: Event) {
    switch event {
    case .data:
      data = true
      edge = true
    case .ready:
      guard edge, !isClosed else { return }
      edge = false
      wake(state.ready(hangUp: false))
    case .step: step()
    case .cancel:
      guard place != .idle else { return }
      isCancelled = true
      wake(state.interrupt())
    case .timeOut:
      guard place != .idle else { return }
      isTimedOut = true
      wake(state.interrupt())
    case .lateInterrupt: wake(state.interrupt())
    case .close: close()
    }
    check()
  }

  private mutating func step() {
    switch place {
    case .idle:
      isCancelled = false
      isTimedOut = false
      switch state.claim() {
      case .go, .yieldThenGo: place = .calling
      case .wait: place = .awaiting
      case .closed: if !isClosed { violation = "claim says closed" }
      case .busy: violation = "the free direction is busy"
      }
    case .awaiting:
      switch state.enter() {
      case .go, .yieldThenGo, .busy: place = .calling
      case .closed: end()
      case .wait: if isCancelled || isTimedOut { end() } else { place = .parking }
      }
    case .calling:
      if isClosed, descriptorReleases > 0 { violation = "a call on a released descriptor" }
      place = .answered(data: data)
      data = false
    case .answered(let gotData):
      if state.leave(usedUp: gotData ? .no : .yes) {
        if !owesDescriptor { violation = "leave releases what close has released" }
        owesDescriptor = false
        descriptorReleases += 1
      }
      if gotData { end() } else { place = .awaiting }
    case .parking: place = state.park() ? .asleep : .awaiting
    case .asleep: break
    }
  }

  private mutating func end() {
    if state.release() { violation = "contended without contenders" }
    place = .idle
  }

  private mutating func close() {
    guard let closing = state.close() else {
      if !isClosed { violation = "the first close says it was closed" }
      return
    }
    if isClosed { violation = "closed twice" }
    isClosed = true
    let isInFlight: Bool
    switch place {
    case .calling, .answered: isInFlight = true
    default: isInFlight = false
    }
    if closing.inFlight != isInFlight { violation = "close is wrong about the call in flight" }
    if closing.inFlight { owesDescriptor = true } else { descriptorReleases += 1 }
    wake(closing.resume)
  }

  /// A transition said whether the sleeper is to be resumed.
  private mutating func wake(_ resumes: Bool) {
    if resumes, place != .asleep { violation = "resumed what does not sleep" }
    if resumes { place = .awaiting }
  }

  /// Nobody may sleep while there is a reason to be awake.
  private mutating func check() {
    guard place == .asleep, violation == nil else { return }
    if data, !edge { violation = "sleeps beside data whose edge is gone" }
    if isCancelled { violation = "sleeps though cancelled" }
    if isTimedOut { violation = "sleeps past its deadline" }
    if isClosed { violation = "sleeps though closed" }
  }

  /// Lets everything that is under way come to its end.
  mutating func settle() {
    for _ in 0..<20 {
      take(.ready)
      take(.step)
      if place == .idle || place == .asleep, !edge || isClosed { break }
    }
    if isClosed {
      while place != .idle, violation == nil { take(.step) }
      if descriptorReleases != 1 { violation = "released \(descriptorReleases) times" }
    } else if place == .asleep, data {
      violation = "asleep for ever beside data"
    }
  }
}
