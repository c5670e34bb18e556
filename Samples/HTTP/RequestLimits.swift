/// What one request may cost.
package struct RequestLimits: Sendable {
  /// How long its head may take from its first byte, and each 16 KiB of its body.
  package var head: Duration

  /// The most bytes of its body.
  package var body: Int

  package init(head: Duration = .seconds(10), body: Int = 1 << 30) {
    (self.head, self.body) = (head, body)
  }
}
