// The first program of README.md, whole: CI checks that the two are equal from the import on.

import Sockets

let listener = try await TCPListener.bind(to: .loopback(port: 7007))
try await withThrowingDiscardingTaskGroup { group in
  for try await connection in listener.connections {
    group.addTask(executorPreference: connection.reactor) {
      do {
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      } catch {
        print(error)  // one client's failure ends one connection
      }
    }
  }
}
