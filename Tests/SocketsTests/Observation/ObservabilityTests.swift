import SocketsTesting
import Testing

@testable import Sockets

/// The snippets of the article, run, but for those that need another package.
@Suite(.timeLimit(.minutes(1))) struct ObservabilityTests {
  @Test func `every snippet of the article that needs no other package is in this file`() throws {
    let (missing, count) = try ArticleSnippets.missing(
      of: "Observability",
      in: "Tests/SocketsTests/Observation/ObservabilityTests.swift"
    )
    #expect(missing.allSatisfy { $0.hasPrefix("import Logging") || $0.hasPrefix("import Metrics") })
    #expect(missing.count == 2 && count == 5)
  }

  @Test func `a snapshot is printed, and asked for connections that nobody closes`() async throws {
    let (near, far) = try await TCPConnection.pair()
    far.close()
    try await waitUntil { near.registration.ends.contains(.incoming) }
    print(await Reactor.snapshot())
    let snapshot = await Reactor.snapshot()
    let stuck = snapshot.sockets.filter { $0.tcpInfo?.state == .closeWait && $0.reading == .none }
    for socket in stuck { print(socket) }
    #expect(stuck.contains { $0.id == near.registration.identity?.id })
    near.close()
  }

  @Test func `an observer is added`() throws {
    let observer = EventLog()
    try Reactor.addObserver(observer)
    Reactor.removeObserver(observer)
  }
}
