import Sockets

/// Serves a listener while a body runs, and closes it then.
func serving<Result: Sendable>(
  _ listener: TCPListener,
  maxConnections: Int? = nil,
  limits: ConnectionLimits = ConnectionLimits(),
  handler: @escaping @Sendable (TCPConnection) async throws -> Void = { try await echo($0) },
  _ body: @escaping @Sendable (SocketAddress) async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask {
      try await listener.serve(limits: limits, handler: handler)
      return nil
    }
    group.addTask {
      defer { listener.close() }
      return try await body(listener.localAddress)
    }
    var result: Result?
    for try await part in group where part != nil { result = part }
    guard let result else { throw CancellationError() }
    return result
  }
}

/// Sends back what comes.
func echo(_ connection: TCPConnection) async throws {
  for try await chunk in connection.chunks { try await connection.write(chunk) }
}

/// Sends bytes to an echo server and reads them again.
func roundTrip(_ text: String, to address: SocketAddress) async throws -> String {
  try await TCPConnection.connect(to: address) { connection in
    try await connection.write(text)
    try await connection.finish()
    var reply: [UInt8] = []
    while let chunk = try await connection.read(upTo: 65_536) { reply += chunk }
    return String(decoding: reply, as: UTF8.self)
  }
}

/// How long something takes.
func time(_ body: () async throws -> Void) async rethrows -> Duration {
  let start = ContinuousClock.now
  try await body()
  return ContinuousClock.now - start
}

/// Addresses of hosts.
func host(_ number: Int) -> IPAddress {
  .v4(IPv4Address(10, UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)))
}
