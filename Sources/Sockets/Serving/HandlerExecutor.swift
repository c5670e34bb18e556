/// Where the handlers of a server's connections run.
public enum HandlerExecutor: Sendable {
  /// On the thread of the connection's reactor: no hop between threads, the fastest by far. A handler
  /// must not hold the thread for long, since all connections of the reactor wait meanwhile.
  case reactor
  /// On Swift's task pool: for handlers that compute for long.
  case taskPool
  /// On an executor of the program's own.
  case executor(any TaskExecutor)

  /// The executor that a connection's task prefers.
  ///
  /// The task pool is named as well, since a child task would otherwise inherit its parent's preference.
  func executor(for stream: Stream) -> any TaskExecutor {
    switch self {
    case .reactor: stream.reactor
    case .taskPool: globalConcurrentExecutor
    case .executor(let executor): executor
    }
  }
}
