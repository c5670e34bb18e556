import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct WaiterStateTests {
  /// Tries every order of events to a depth, each prefix settled and checked as well.
  ///
  /// - Returns: How many orders were tried, and the first that breaks a rule.
  func explore(_ model: WaiterModel, depth: Int) -> (orders: Int, failure: String?) {
    var settled = model
    settled.settle()
    if let violation = settled.violation { return (1, violation) }
    if depth == 0 { return (1, nil) }
    var orders = 1
    for event in WaiterModel.Event.allCases {
      var next = model
      next.take(event)
      if let violation = next.violation { return (orders, "\(event): \(violation)") }
      let (count, failure) = explore(next, depth: depth - 1)
      orders += count
      if let failure { return (orders, "\(event), \(failure)") }
    }
    return (orders, nil)
  }

  @Test(arguments: [WaiterState.untried, .waiting])
  func `every order of events to depth 7 resumes once and loses no readiness`(
    initial: WaiterState
  ) {
    // From rest, and from a parked operation, so that the depth is spent on what follows.
    let idle = WaiterModel(initial: initial)
    var parked = idle
    while parked.place != .asleep, parked.violation == nil { parked.take(.step) }
    #expect(parked.violation == nil)
    for start in [idle, parked] {
      let (orders, failure) = explore(start, depth: 7)
      #expect(failure == nil)
      #expect(orders == (0...7).reduce(0) { sum, depth in sum + power(7, depth) })
    }
  }

  func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  @Test func `an edge during the system call outlives its EAGAIN`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(!state.ready(hangUp: false))
    #expect(!state.leave(usedUp: .yes))
    #expect(state.enter() == .go)
  }

  @Test func `a short transfer uses readiness up, unless the peer has hung up`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(!state.leave(usedUp: .unlessHungUp))
    #expect(state.enter() == .wait)
    #expect(!state.ready(hangUp: true))
    #expect(state.enter() == .go)
    #expect(!state.leave(usedUp: .unlessHungUp))
    #expect(state.enter() == .go)
  }

  @Test func `an interruption before the park makes it return at once, and only once`() {
    let state = Subject(.waiting)
    #expect(state.claim() == .wait)
    #expect(!state.interrupt())
    #expect(!state.park())
    #expect(state.park())
    #expect(state.interrupt())
    #expect(!state.interrupt())
  }

  @Test func `an interruption does not outlive its operation`() {
    let state = Subject(.waiting)
    #expect(state.claim() == .wait)
    #expect(!state.interrupt())
    #expect(!state.release())
    #expect(state.claim() == .wait)
    #expect(state.park())
  }

  @Test func `a second operation is refused while the first one lasts`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(state.claim() == .busy)
    #expect(!state.leave(usedUp: .no))
    #expect(!state.release())
    #expect(state.claim() == .go)
  }

  @Test func `the queue cannot be overtaken`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(state.contend())
    #expect(!state.leave(usedUp: .no))
    #expect(state.release())
    #expect(state.claim() == .busy)  // between the release and the hand-over
    state.pass(toSomebody: true, queueIsEmpty: true)
    #expect(state.claim() == .busy)  // the head of the queue owns it now
    #expect(state.enter() == .go)
    #expect(!state.leave(usedUp: .no))
    #expect(!state.release())
    #expect(state.claim() == .go)
  }

  @Test func `a queue that everybody has left does not hold the claim`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(state.contend())
    state.leaveQueue()
    #expect(!state.leave(usedUp: .no))
    #expect(!state.release())
    #expect(!state.contend())
    #expect(state.claim() == .go)
  }

  @Test func `a release that finds nobody gives the claim back`() {
    let state = Subject(.untried)
    #expect(state.claim() == .go)
    #expect(state.contend())
    #expect(!state.leave(usedUp: .no))
    #expect(state.release())
    state.pass(toSomebody: false, queueIsEmpty: true)
    #expect(state.claim() == .go)
  }

  @Test func `after 64 operations that did not park, one yields`() {
    let state = Subject(.untried)
    for _ in 0..<WaiterState.operationsBeforeYield {
      #expect(state.claim() == .go)
      #expect(!state.leave(usedUp: .no))
      #expect(!state.release())
    }
    #expect(state.claim() == .yieldThenGo)
    #expect(!state.leave(usedUp: .no))
    #expect(!state.release())
    #expect(state.claim() == .go)
  }

  @Test func `parking starts the count anew`() {
    let state = Subject(.untried)
    for _ in 0..<1_000 {
      let step = state.claim()
      #expect(step == .go || step == .wait)
      if step == .go { #expect(!state.leave(usedUp: .yes)) }
      #expect(state.park())
      #expect(state.ready(hangUp: false))
      #expect(state.enter() == .go)
      #expect(!state.leave(usedUp: .yes))
      #expect(!state.release())
    }
  }
}

/// A state behind a reference: `#expect` takes no calls that change a variable.
private final class Subject {
  private var state: WaiterState

  init(_ state: WaiterState) { self.state = state }

  func claim() -> WaiterState.Step { state.claim() }
  func enter() -> WaiterState.Step { state.enter() }
  func leave(usedUp: WaiterState.UsedUp) -> Bool { state.leave(usedUp: usedUp) }
  func release() -> Bool { state.release() }
  func park() -> Bool { state.park() }
  func ready(hangUp: Bool) -> Bool { state.ready(hangUp: hangUp) }
  func interrupt() -> Bool { state.interrupt() }
  func contend() -> Bool { state.contend() }
  func leaveQueue() { state.leaveQueue() }

  func pass(toSomebody: Bool, queueIsEmpty: Bool) {
    state.pass(toSomebody: toSomebody, queueIsEmpty: queueIsEmpty)
  }
}
