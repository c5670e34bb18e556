import Synchronization

/// What the server has done so far, counted from any thread.
package final class Figures: Sendable {
  private let connections = Atomic<Int>(0)
  private let requests = Atomic<Int>(0)
  private let refusals = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)

  package init() {}

  /// Takes note of a client.
  func noteConnection() { connections.add(1, ordering: .relaxed) }

  /// Takes note of a request that was understood.
  func noteRequest() { requests.add(1, ordering: .relaxed) }

  /// Takes note of a request that was refused.
  func noteRefusal() { refusals.add(1, ordering: .relaxed) }

  /// Takes note of the body of an answer, and its size in bytes.
  func noteBody(_ count: Int) { bytes.add(count, ordering: .relaxed) }

  /// The figures, one a line.
  package var text: String {
    """
    connections \(connections.load(ordering: .relaxed))
    requests \(requests.load(ordering: .relaxed))
    refusals \(refusals.load(ordering: .relaxed))
    bytes \(bytes.load(ordering: .relaxed))

    """
  }
}
