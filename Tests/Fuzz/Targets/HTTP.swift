import Sockets

@testable import HTTPDecoders

/// Heads of HTTP requests: the same in one piece and byte by byte; and what a server does with their parts.
func fuzzHTTP(_ bytes: [UInt8]) {
  let decoder = RequestDecoder()
  func feed(_ pieces: [[UInt8]]) -> PieceFeeder<Request> {
    PieceFeeder(pieces) { try decoder.decode(&$0) }
  }
  let whole = feed(bytes.isEmpty ? [] : [bytes])
  let fed = feed(bytes.pieces(of: 1))
  require(fed.values == whole.values, "\(fed.values), not \(whole.values)")
  require(
    (fed.failure == nil) == (whole.failure == nil),
    "\(fed.failure as Any), \(whole.failure as Any)"
  )
  for request in whole.values { use(request) }
}

private func use(_ request: Request) {
  if let path = FilePath(request.path[...]) {
    require(!path.names.contains { $0.isEmpty || $0.hasPrefix(".") || $0.contains("/") }, "\(path)")
    require(!path.relative.utf8.contains(0), "\(path)")
    require(FilePath(path.folder[...])?.names == path.names, "\(path.folder) reads back")
  }
  if let range = request.fields[.range] {
    for size in [0, 1, 100, .max] {
      if case .part(let part) = ByteRange(range, size: size) {
        require(
          !part.isEmpty && part.lowerBound >= 0 && part.upperBound <= size,
          "\(range) of \(size)"
        )
      }
    }
  }
  if let text = request.fields[.ifModifiedSince], let date = HTTPDate(text) {
    require(HTTPDate(date.text) == date, "\(date.text) reads back")
    _ = date.logText
  }
}

/// Bodies of HTTP requests: the same in one piece and byte by byte, and never more than the limit.
///
/// The first byte says how the end is found, the second one gives the limit.
func fuzzHTTPBody(_ bytes: [UInt8]) {
  guard bytes.count >= 2 else { return }
  let framing = bytes[0] == 0 ? Request.Framing.chunked : .length(Int(bytes[0]))
  let limit = Int(bytes[1]) * 8
  let stream = Array(bytes[2...])
  let whole = body(framing, limit, stream.isEmpty ? [] : [stream])
  let fed = body(framing, limit, stream.pieces(of: 1))
  require(whole.bytes == fed.bytes && whole.isOver == fed.isOver, "\(whole) and \(fed)")
  require((whole.rest == nil) == (fed.rest == nil), "\(whole) and \(fed)")
  if whole.isOver { require(whole.rest == fed.rest, "\(whole) and \(fed)") }
  require(whole.bytes.count <= limit, "\(whole.bytes.count) bytes, not \(limit)")
}

/// What comes of a body: its bytes, whether it is over, and what is left then; `nil` for a refusal.
private func body(
  _ framing: Request.Framing,
  _ limit: Int,
  _ pieces: [[UInt8]]
) -> (bytes: [UInt8], isOver: Bool, rest: [UInt8]?) {
  guard var decoder = try? BodyDecoder(framing, limit: limit) else { return ([], false, nil) }
  var body: [UInt8] = []
  var buffer = ReadBuffer()
  for piece in pieces {
    buffer.append(piece)
    while !decoder.isOver {
      let part: [UInt8]?
      do { part = try decoder.decode(&buffer) } catch { return (body, false, nil) }
      guard let part else { break }
      body += part
    }
  }
  return (body, decoder.isOver, buffer.prefix(.max))
}
