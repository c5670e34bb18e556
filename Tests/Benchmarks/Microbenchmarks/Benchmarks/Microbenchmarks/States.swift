import Benchmark

@testable import Sockets

/// What the state of one direction costs, as a plain value and in its atomic word: the steps of an operation that
/// finds its socket ready, and of one that has to wait.
func measureStates() {
  measure("readiness: claim, finish, as a value", prepare: { WaiterState.untried }) { state in
    for _ in 0..<operations {
      guard state.claim() != .wait else { throw Failure() }
      _ = state.leave(usedUp: .no)
      _ = state.release()
    }
    blackHole(state)
  }

  measure(
    "readiness: claim, park, ready, enter, finish, as a value",
    prepare: { WaiterState.waiting }
  ) { state in
    for _ in 0..<operations {
      guard state.claim() == .wait, state.park(), state.ready(hangUp: false),
        state.enter() == .go
      else { throw Failure() }
      _ = state.leave(usedUp: .yes)
      _ = state.release()
    }
    blackHole(state)
  }
}
