import Sockets

extension LogFile {
  /// What was in the file.
  package struct Contents {
    package var requests = 0

    /// How many bytes were cut off at the end, of a request that was being written when the server died: it
    /// was not confirmed to anybody.
    package var cutOff = 0
  }

  /// Makes the database what it was when the last request was logged.
  package func load(into database: inout Database) throws -> Contents {
    var contents = Contents()
    var decoder = RequestDecoder(limit: .max, allowsInline: false)
    var buffer = ReadBuffer()
    var size = 0
    do {
      while case let bytes = try read(upTo: 1 << 20), !bytes.isEmpty {
        size += bytes.count
        buffer.append(bytes)
        while let batch = try decoder.decode(&buffer) {
          for request in batch { try database.replay(request) }
          contents.requests += batch.count
        }
      }
    } catch let error as RequestDecoder.ProtocolError {
      throw Failure("\(path) is no log: byte \(size - buffer.count): \(error.message)")
    } catch let refusal as Refusal {
      throw Failure("\(path) is no log: before byte \(size - buffer.count): \(refusal.text)")
    }
    contents.cutOff = buffer.count
    if !buffer.isEmpty { try truncate(to: size - buffer.count) }
    return contents
  }
}

extension Database {
  /// Carries out a request of the log once more.
  fileprivate mutating func replay(_ request: Request) throws {
    let command = try Command.find(request)
    var reply = Reply()
    switch command.action {
    case .write(let body), .add(let body): try run(body, request, &reply)
    case .read, .session, .subscriber: throw Refusal.unknown("change", request[0])
    }
  }
}
