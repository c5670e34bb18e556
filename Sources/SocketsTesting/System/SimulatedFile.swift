internal import Glibc
internal import CSockets

/// What a simulated descriptor stands for.
class SimulatedFile {
  unowned let kernel: SimulatedKernel

  /// How many descriptors it has.
  var references = 0

  /// The epoll instances that watch it.
  private(set) var watches: [Watch] = []

  init(_ kernel: SimulatedKernel) { self.kernel = kernel }

  /// What can be done without waiting now, in the bits of epoll.
  var readiness: EventBits { [] }

  /// Takes note that its last descriptor was closed.
  func end() {}

  /// Tells the epoll instances that watch it that something has happened: an edge.
  final func notify(_ bits: EventBits) {
    for watch in watches where !watch.interests.union(.always).isDisjoint(with: bits) {
      kernel.report(watch)
    }
  }

  final func add(_ watch: Watch) { watches.append(watch) }

  final func remove(_ watch: Watch) { watches.removeAll { $0 === watch } }
}

/// The bits of an epoll event.
struct EventBits: OptionSet {
  let rawValue: UInt32

  static let input = EventBits(rawValue: EPOLLIN.rawValue)
  static let output = EventBits(rawValue: EPOLLOUT.rawValue)
  static let readEnd = EventBits(rawValue: EPOLLRDHUP.rawValue)
  static let hangUp = EventBits(rawValue: EPOLLHUP.rawValue)
  static let error = EventBits(rawValue: EPOLLERR.rawValue)
  static let edge = EventBits(rawValue: EPOLLET.rawValue)

  /// What is reported whether it was asked for or not.
  static let always: EventBits = [.hangUp, .error]

  /// Everything, as at an end that concerns both directions.
  static let all: EventBits = [.input, .output, .readEnd, .hangUp, .error]
}

/// An eventfd: here the wake-up of the reactor, and descriptors that are kept in reserve.
final class SimulatedEvent: SimulatedFile {
  private var value: UInt64 = 0

  override var readiness: EventBits { value > 0 ? [.input, .output] : .output }

  func read() -> Int {
    guard value > 0 else { return -Int(EAGAIN) }
    value = 0
    notify(.output)
    return 8
  }

  func write() -> Int {
    value += 1
    notify(.input)
    return 8
  }
}

/// A directory, opened to be locked.
final class SimulatedDirectory: SimulatedFile {
  let path: [UInt8]

  init(_ kernel: SimulatedKernel, path: [UInt8]) {
    self.path = path
    super.init(kernel)
  }

  override func end() {
    if kernel.lockedDirectories[path] === self { kernel.lockedDirectories[path] = nil }
  }
}
