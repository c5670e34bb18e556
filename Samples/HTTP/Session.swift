import Sockets

/// One connection: its requests one after the other, each answered before the next is looked at.
///
/// Answers gather in memory as long as further requests lie there already, and go out together before
/// anything is waited for. So a client that sends many requests at once gets its answers with one write.
struct Session {
  private let connection: TCPConnection
  private let client: SocketAddress
  private let service: Service
  private let decoder = RequestDecoder()

  /// The request that is being answered; `nil` while the next one is waited for.
  private var request: Request?

  /// Answers that have not gone out yet.
  private var output: [UInt8] = []

  /// Whether bytes of the client lie in the connection that were not looked at.
  private var hasInput = false

  /// Whether a part of the present answer went out, so that nothing else can take its place.
  private var hasBegun = false

  /// By when the next stretch of the present body has to come, and how much of the body was left before it.
  private var pace: (deadline: ContinuousClock.Instant, left: Int)?

  /// How heads begin at present.
  private var start = HeadStart()

  /// A stretch of a body, in bytes; and the most of a file that waits with other answers.
  private static let stretch = 1 << 14

  /// From this size on, in bytes, answers go out even if others could join them.
  private static let batch = 1 << 16

  /// Storage up to this size, in bytes, is kept for the next answers while the connection is idle.
  private static let spare = 1 << 10

  /// How much of a body that nobody wants is read, in bytes, so that the connection can go on behind it.
  private static let unwanted = 1 << 16

  init(_ connection: TCPConnection, of client: SocketAddress, _ service: Service) {
    self.connection = connection
    self.client = client
    self.service = service
  }

  /// Answers requests until one of both ends wants no more.
  mutating func run() async throws {
    do {
      while true {
        request = nil
        request = try await nextRequest()
        guard let request, try await answer(request) else { break }
      }
      try await flush()
    } catch let refusal as Refusal {
      service.figures.noteRefusal()
      if hasBegun { return connection.reset() }
      add(.plain(refusal.status), answering: request, keeps: false)
      try await flush()
    }
    await connection.closeGracefully()
  }

  /// What has arrived when the next request is waited for: a request, or less, with something to do first.
  private enum Arrival { case request(Request), pause }

  /// Waits for the next request.
  ///
  /// - Returns: Its head; `nil` if the client has ended, or the server is about to.
  private mutating func nextRequest() async throws -> Request? {
    if !hasInput, !output.isEmpty { try await flush() }
    var deadline: ContinuousClock.Instant?
    do {
      while true {
        let arrival = try await connection.readUntilDraining(
          upTo: RequestDecoder.limit,
          deadline: deadline
        ) { buffer -> Arrival? in
          let request = try decoder.decode(&buffer)
          hasInput = !buffer.isEmpty
          if let request { return .request(request) }
          return (hasInput ? deadline == nil : !output.isEmpty) ? .pause : nil
        }
        switch arrival {
        case nil: return nil
        case .request(let request): return request
        case .pause:
          try await flush()
          if hasInput { deadline = .now + service.limits.head }
        }
      }
    } catch let error as SocketError where error.code == .timedOut && deadline != nil {
      throw Refusal(.requestTimeout)
    }
  }

  /// Answers a request.
  ///
  /// - Returns: Whether the connection goes on.
  private mutating func answer(_ request: Request) async throws -> Bool {
    service.figures.noteRequest()
    var body = try BodyDecoder(request.framing, limit: service.limits.body)
    pace = nil
    let response = service.respond(request)
    var keeps = request.isPersistent && !connection.isDraining
    if case .echo = response.body {
      if request.expectsContinue, !hasInput { output.append("HTTP/1.1 100 Continue\r\n\r\n") }
      try await echo(&body, response, answering: request, keeps: keeps)
    } else {
      if !body.isOver { keeps = try await skip(&body, request) && keeps }
      add(response, answering: request, keeps: keeps)
      if case .file(let file, let range) = response.body, !request.isHead {
        try await send(file, range)
      }
    }
    if output.count >= Self.batch { try await flush() }
    return keeps
  }

  /// Puts an answer with those that wait: its head, and its body if that is at hand.
  private mutating func add(_ response: Response, answering request: Request?, keeps: Bool) {
    response.appendHead(to: &output, answering: request, start: &start, keeps: keeps)
    var count = 0
    if request?.isHead != true {
      switch response.body {
      case .bytes(let bytes):
        output.append(contentsOf: bytes)
        count = bytes.count
      case .file(_, let range): count = range.count
      case .echo, .none: break
      }
    }
    note(request, response.status, count)
  }

  /// Sends a part of a file: a short one waits with other answers, a long one goes from file to socket.
  private mutating func send(_ file: ServedFile, _ range: Range<Int>) async throws {
    hasBegun = true
    do {
      if range.count <= Self.stretch {
        try file.read(range, into: &output)
      } else {
        try await flush()
        try await file.send(range, to: connection)
      }
    } catch is ServedFile.Changed {
      // It has become shorter than the head has said.
      throw Refusal(.internalError)
    }
    hasBegun = false
  }

  /// Sends the body of a request back, piece by piece.
  private mutating func echo(
    _ body: inout BodyDecoder,
    _ response: Response,
    answering request: Request,
    keeps: Bool
  ) async throws {
    let limit = body.left
    let isChunked = request.framing == .chunked
    var piece = try await next(of: &body)
    response.appendHead(to: &output, answering: request, start: &start, keeps: keeps)
    hasBegun = true
    while let bytes = piece {
      if isChunked {
        output.append(hexadecimal: bytes.count)
        output.append("\r\n")
      }
      output.append(contentsOf: bytes)
      if isChunked { output.append("\r\n") }
      piece = try await next(of: &body)
    }
    if isChunked { output.append("0\r\n\r\n") }
    hasBegun = false
    note(request, response.status, limit - body.left)
  }

  /// Reads a body that nobody wants.
  ///
  /// - Returns: Whether it was short enough to come to its end.
  private mutating func skip(_ body: inout BodyDecoder, _ request: Request) async throws -> Bool {
    // It may never come, or be long: cheaper to close.
    if request.expectsContinue { return false }
    if case .length(let length) = request.framing, length > Self.unwanted { return false }
    let limit = body.left
    while try await next(of: &body) != nil {
      if limit - body.left > Self.unwanted { return false }
    }
    return true
  }

  /// Waits for the next piece of a body.
  ///
  /// - Returns: At least one byte; `nil` at the end.
  private mutating func next(of body: inout BodyDecoder) async throws -> [UInt8]? {
    if body.isOver { return nil }
    if !hasInput { try await flush() }
    if pace.map({ $0.left - body.left >= Self.stretch }) ?? true {
      pace = (.now + service.limits.head, body.left)
    }
    do {
      let piece = try await connection.read(upTo: Self.batch, deadline: pace?.deadline) { buffer in
        let piece = try body.decode(&buffer)
        hasInput = !buffer.isEmpty
        return piece
      }
      guard let piece else { throw Refusal(.badRequest) }
      return piece.isEmpty ? nil : piece
    } catch let error as SocketError where error.code == .timedOut {
      throw Refusal(.requestTimeout)
    }
  }

  /// Takes note of an answer.
  private func note(_ request: Request?, _ status: Status, _ count: Int) {
    service.figures.noteBody(count)
    service.log?(client, request, status, count)
  }

  /// Writes the answers that wait.
  private mutating func flush() async throws {
    if output.isEmpty { return }
    try await connection.write(output)
    output.removeAll(keepingCapacity: output.capacity <= Self.spare)
  }
}
