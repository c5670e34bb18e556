/// Open descriptors, in order, and their only owner: those that are to be sent with some bytes, or
/// that have come with some.
///
/// Those that are still in it when it ends are closed.
public struct DescriptorBatch: ~Copyable, Sendable {
  /// The most descriptors that the kernel sends at once (`SCM_MAX_FD`).
  public static let maximumCount = 253

  /// The descriptors' numbers.
  private(set) var numbers: [Int32] = []

  /// The system calls through which they are closed.
  private let kernel: Kernel

  /// Whether descriptors were sent with the bytes that came last and are not here: the reader had
  /// asked for fewer, or the process has no more free (`MSG_CTRUNC`).
  ///
  /// They are closed.
  public private(set) var isTruncated = false

  /// Creates a batch without descriptors.
  public init() { self.init(kernel: .linux) }

  init(kernel: Kernel) { self.kernel = kernel }

  deinit {
    for number in numbers { _ = FileDescriptor(owning: number, kernel: kernel) }
  }

  /// How many descriptors there are.
  public var count: Int { numbers.count }

  /// Whether there are none.
  public var isEmpty: Bool { numbers.isEmpty }

  /// Adds a descriptor at the end.
  ///
  /// - Parameter descriptor: The descriptor, which belongs to the batch from here on.
  public mutating func append(_ descriptor: consuming OwnedDescriptor) {
    numbers.append(descriptor.release())
  }

  /// Takes the first descriptor out.
  ///
  /// - Returns: The descriptor, or `nil` if there is none.
  public mutating func popFirst() -> OwnedDescriptor? {
    if numbers.isEmpty { return nil }
    return OwnedDescriptor(FileDescriptor(owning: numbers.removeFirst(), kernel: kernel))
  }

  /// What the kernel would refuse, or drop without a word, if so.
  ///
  /// - Parameters:
  ///   - count: How many descriptors are to be sent.
  ///   - byteCount: With how many bytes.
  /// - Returns: Why not.
  static func refusal(count: Int, byteCount: Int) -> String? {
    if count > 0, byteCount == 0 { return "descriptors need at least one byte to travel with" }
    return count > maximumCount ? "\(count) descriptors are more than \(maximumCount)" : nil
  }

  /// Takes what a call has received, and closes what it did not ask for.
  ///
  /// - Parameters:
  ///   - received: The descriptors, new and owned by nobody.
  ///   - limit: How many of them the caller asked for.
  ///   - isCut: Whether the kernel had more.
  mutating func adopt(_ received: Span<Int32>, atMost limit: Int, isCut: Bool) {
    for index in received.indices {
      if index < limit {
        numbers.append(received[index])
      } else {
        _ = FileDescriptor(owning: received[index], kernel: kernel)
      }
    }
    isTruncated = isCut || received.count > limit
  }
}
