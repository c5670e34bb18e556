import Command
import Sockets

extension SocketsServer {
  /// A thousand clients at once, each of which connects again and again.
  func connect(to address: SocketAddress) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for _ in 0..<Workload.clients {
        group.addTask(executorPreference: executor) {
          while true {
            try await TCPConnection.connect(to: address, on: reactors[0]) { connection in
              try await connection.write(Workload.message)
              let echo = try await connection.read(exactly: Workload.message.count)
              precondition(echo == Workload.message)
            }
          }
        }
      }
    }
  }
}
