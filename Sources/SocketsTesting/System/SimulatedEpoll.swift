internal import CSockets
internal import Glibc

/// A descriptor that an epoll instance watches.
final class Watch {
  unowned let epoll: SimulatedEpoll
  unowned let file: SimulatedFile
  fileprivate let number: Int32
  let interests: EventBits
  let data: UInt64

  /// Whether it is in the list of what may be ready.
  fileprivate(set) var isListed = false

  /// Whether it is watched no more.
  fileprivate(set) var isRemoved = false

  fileprivate init(
    _ epoll: SimulatedEpoll,
    _ file: SimulatedFile,
    _ number: Int32,
    _ interests: EventBits,
    _ data: UInt64
  ) {
    (self.epoll, self.file, self.number) = (epoll, file, number)
    (self.interests, self.data) = (interests, data)
  }

  /// What it would report now.
  var found: EventBits { file.readiness.intersection(interests.union(.always)) }
}

/// An epoll instance: a list of what may be ready, looked at again when it is asked.
final class SimulatedEpoll: SimulatedFile {
  private var byNumber: [Int32: Watch] = [:]

  /// All watches, in the order in which they were added.
  private(set) var all: [Watch] = []

  private var listed: [Watch] = []

  override var readiness: EventBits { listed.contains { !$0.found.isEmpty } ? .input : [] }

  override func end() {
    for watch in all { drop(watch) }
    all.removeAll()
    byNumber.removeAll()
    listed.removeAll()
  }

  /// C: `epoll_ctl(2)` with `EPOLL_CTL_ADD`.
  func add(_ number: Int32, _ file: SimulatedFile, _ interests: EventBits, _ data: UInt64) -> Int {
    if byNumber[number] != nil { return -Int(EEXIST) }
    let watch = Watch(self, file, number, interests, data)
    byNumber[number] = watch
    all.append(watch)
    file.add(watch)
    if !watch.found.isEmpty { kernel.report(watch) }
    return 0
  }

  /// C: `epoll_ctl(2)` with `EPOLL_CTL_DEL`.
  func remove(_ number: Int32) -> Int {
    guard let watch = byNumber.removeValue(forKey: number) else { return -Int(ENOENT) }
    all.removeAll { $0 === watch }
    listed.removeAll { $0 === watch }
    drop(watch)
    return 0
  }

  /// Forgets a file whose last descriptor was closed.
  func forget(_ watch: Watch) { _ = remove(watch.number) }

  private func drop(_ watch: Watch) {
    watch.isRemoved = true
    watch.file.remove(watch)
  }

  /// Takes note of an edge.
  func list(_ watch: Watch) {
    guard !watch.isListed, !watch.isRemoved else { return }
    watch.isListed = true
    listed.append(watch)
    notify(.input)
  }

  /// Reports what is ready.
  func take(into buffer: UnsafeMutableBufferPointer<epoll_event>) -> Int {
    if kernel.calls.reordersEvents { listed.shuffle(using: &kernel.generator) }
    var count = 0
    var kept: [Watch] = []
    var index = 0
    while index < listed.count, count < buffer.count {
      let watch = listed[index]
      index += 1
      watch.isListed = false
      let found = watch.found
      if found.isEmpty { continue }
      unsafe buffer[count] = epoll_event(
        events: found.rawValue,
        data: epoll_data(u64: watch.data)
      )
      count += 1
      if !watch.interests.contains(.edge) {
        watch.isListed = true
        kept.append(watch)
      }
    }
    listed.removeFirst(index)
    listed.append(contentsOf: kept)
    return count
  }
}
