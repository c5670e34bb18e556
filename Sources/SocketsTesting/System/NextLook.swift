internal import CSocketsTesting

/// Has something happen on this thread as soon as it looks at a clock, once.
///
/// For a test in which something has to come between two instructions, of which the first reads the time.
///
/// - Parameter body: What is to happen.
package func atNextLookAtClock(_ body: @escaping () -> Void) {
  final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
  let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
  // SAFETY: the context is retained until the only call, which takes it.
  unsafe csocketstesting_at_next_look(
    { context in
      guard let context = unsafe context else { return }
      unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    },
    context
  )
}
