import SampleSupport
import Sockets

/// What service.sh runs in the place of a service.
@main
struct ServicePeer {
  static let usage = """
    usage: ServicePeer ready TEXT | everything | watchdog | serve

      ready       say that the service is ready, with a status, and wait until it was taken note of
      everything  say all there is to say
      watchdog    give signs of life until SIGTERM
      serve       take over the listening socket "web", answer each client with the line "served",
                  until SIGTERM
    """

  static func main() async {
    await Program.run(usage: usage) { words in
      switch (words.first, words.count) {
      case ("ready", 2):
        let isSent = try await ServiceNotification.send(.ready, .status(words[1]))
        try await ServiceNotification.waitUntilProcessed()
        Program.printLine(isSent ? "sent" : "nobody to tell")
      case ("everything", 1): try await everything()
      case ("watchdog", 1):
        try ShutdownSignal.install()
        try await untilSignal { try await ServiceNotification.notifyWatchdog() }
      case ("serve", 1): try await serve()
      default: throw UsageError("a command is needed")
      }
    }
  }

  static func everything() async throws {
    try await ServiceNotification.send(.reloading)
    try await ServiceNotification.send(.mainProcess(), .watchdogInterval(.seconds(3)))
    try await ServiceNotification.send(.extendTimeout(by: .milliseconds(1500)), .watchdogTrigger)
    let (near, far) = try UnixConnection.pair()
    var batch = DescriptorBatch()
    batch.append(try OwnedDescriptor(duplicating: near))
    batch.append(try OwnedDescriptor(duplicating: far))
    try await ServiceNotification.store(batch, named: "pair")
    try await ServiceNotification.waitUntilProcessed()
    near.close()
    far.close()
    try await ServiceNotification.send(.removeDescriptors(named: "pair"), .variable("X_LEVEL", "2"))
    try await ServiceNotification.send(.stopping, .failed(errno: 2), .status("no such file"))
  }

  static func serve() async throws {
    try ShutdownSignal.install()
    var sockets = try SocketActivation.inherited()
    guard let socket = sockets.take("web") else { throw UsageError("there is no socket \"web\"") }
    let listener = try TCPListener(adopting: socket)
    try await ServiceNotification.send(.ready, .status("listening on \(listener.localAddress)"))
    try await untilSignal {
      try await listener.serve { try await $0.write("served\n") }
    }
    try await ServiceNotification.send(.stopping)
  }

  static func untilSignal(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await body() }
      group.addTask { try await ShutdownSignal.wait() }
      try await group.next()
      group.cancelAll()
    }
  }
}
