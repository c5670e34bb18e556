import Sockets

@testable import RESPDecoders

/// Requests of Redis clients: the same in one piece and byte by byte, and the same again when they are encoded.
///
/// The first byte chooses whether lines may be typed.
func fuzzRESP(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  let allowsInline = first.isMultiple(of: 2)
  let whole = requests(stream.isEmpty ? [] : [stream], allowsInline)
  let fed = requests(stream.pieces(of: 1), allowsInline)
  require(fed.requests == whole.requests, "\(fed.requests), not \(whole.requests)")
  require(fed.isRefused == whole.isRefused, "refused: \(fed.isRefused), not \(whole.isRefused)")

  var encoded: [UInt8] = []
  for request in whole.requests {
    encoded.append(line: "*", request.count)
    for word in request { encoded.append(bulk: word) }
  }
  let again = requests(encoded.isEmpty ? [] : [encoded], false)
  require(again.requests == whole.requests && !again.isRefused, "encoded and decoded")

  // The first two words as a pattern and a name, and as numbers.
  for request in whole.requests where request.count >= 2 {
    _ = try? Pattern(request[0][...]).matches(request[1][...])
    if let number = Int(decimal: request[1]) {
      var digits: [UInt8] = []
      digits.append(decimal: number)
      require(digits == request[1] || request[1] == Array("-0".utf8), "\(number) reads back")
    }
  }
}

private func requests(
  _ pieces: [[UInt8]],
  _ allowsInline: Bool
) -> (requests: [[[UInt8]]], isRefused: Bool) {
  var decoder = RequestDecoder(limit: 1024, allowsInline: allowsInline)
  let fed = PieceFeeder(pieces) { try decoder.decode(&$0) }
  let requests = fed.values.flatMap { batch in batch.map { request in request.map(Array.init) } }
  return (requests, fed.failure is RequestDecoder.ProtocolError)
}
