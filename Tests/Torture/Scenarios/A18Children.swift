import Sockets

/// A18, hazard 57: programs are started in the middle of traffic.
///
/// A descriptor that is not close-on-exec from birth is inherited by whatever is started at that
/// moment; the connection then stays open for as long as the child lives, and its end never comes.
enum Children: Scenario {
  static let name = "A18"
  static let summary = "a child process inherits no descriptor"
  static let size = Size.rounds(200, brief: 15)
  static let threads = 16

  static func run(_ run: Run) async throws {
    let isOver = Counter()
    let connections = Counter()
    // 0, 1, 2, the child's own directory, and whatever this process was itself started with.
    let expected = try await descriptorsOfChild()
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          var random = run.generator()
          while isOver.value == 0 {
            let own = try random.oneIn(50) ? Reactor() : run.reactor(&random)
            let listener = try await TCPListener.bind(to: run.loopback(), on: [own])
            let (near, far) = try await run.pair(through: listener, on: own)
            for _ in 0..<10 {
              try await near.write("hello")
              try expect(try await far.read(exactly: 5)?.count, 5, "the bytes")
            }
            near.close()
            far.close()
            listener.close()
            connections.add(1)
          }
        }
      }
      while run.next() {
        try expect(try await descriptorsOfChild(), expected, "descriptors of a child in traffic")
      }
      isOver.set(1)
      try await group.waitForAll()
    }
    run.note("\(min(run.begun.value, run.rounds)) children, \(connections.value) connections")
  }

  /// What is open in a program that is started now, as numbers and kinds.
  private static func descriptorsOfChild() async throws -> [String] {
    let outcome = try await onThread {
      Result { try Child.run("/bin/ls", ["ls", "-l", "/proc/self/fd"], for: .seconds(20)) }
    }.get()
    try expect(outcome.end, .exited(0), "the child's end")
    // "lrwx------ 1 user group 64 Jan 1 00:00 3 -> /proc/4711/fd": what counts is "3 -> /proc"
    return outcome.output.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let arrow = words.firstIndex(of: "->"), arrow > 0, arrow + 1 < words.count else {
        return nil
      }
      let kind = words[arrow + 1].prefix { $0 != ":" && $0 != "[" }
      return "\(words[arrow - 1]) -> \(kind.hasPrefix("/proc") ? "its directory" : kind)"
    }
  }
}
