import SocketsTesting

@testable import Sockets

/// PROXY headers: read, refused or awaited, the same at every split; and what was read can be said again.
func fuzzProxy(_ bytes: [UInt8]) {
  let whole = Result { try ProxyHeader.parse(bytes) }
  var earlier: Int?
  var isRefused = false
  for count in places(in: bytes) {
    switch Result(catching: { try ProxyHeader.parse(bytes[..<count])?.length }) {
    case .success(let length):
      require(!isRefused, "refused, and then not, at \(count)")
      if let earlier { require(length == earlier, "\(String(describing: length)), not \(earlier)") }
      if let length { require(length <= count, "\(length) of \(count) bytes") }
      earlier = length
    case .failure:
      require(earlier == nil, "read, and then refused, at \(count)")
      isRefused = true
    }
  }
  switch whole {
  case .success(let parsed):
    require(parsed?.length == earlier && !isRefused, "as a whole and in pieces")
    guard let header = parsed?.header else { return }
    _ = (header.source, header.destination, header.authority, header.networkNamespace, header.tls)
    guard let encoded = try? header.encoded() else { fatalError("Failed: \(header) can be said") }
    require((try? ProxyHeader.parse(encoded))?.header == header, "\(header) reads back")
  case .failure(let error):
    require(isRefused, "\(error) as a whole, not in pieces")
    require(!"\(error)".utf8.contains { $0 < 0x20 }, "\(error) is one line")
  }
}

/// Where to cut: everywhere, or near the ends and here and there if there is much.
private func places(in bytes: [UInt8]) -> [Int] {
  let count = bytes.count
  if count <= 300 { return Array(0...count) }
  return Array(0...150) + Array(stride(from: 151, to: count - 50, by: 37))
    + Array(count - 50...count)
}

/// Frames: the same in one piece and in many, and the same again when they are encoded.
///
/// The first byte chooses the framing, the second one the sizes of the pieces, the third one the limit.
func fuzzFraming(_ bytes: [UInt8]) {
  guard bytes.count >= 3 else { return }
  let (choice, seed, limit) = (Int(bytes[0]), UInt64(bytes[1]), Int(bytes[2]))
  let stream = Array(bytes[3...])
  switch choice % 9 {
  case 0: sameInPieces(stream, seed, LineFraming(limit: limit))
  case 1: sameInPieces(stream, seed, LineFraming(limit: limit, ending: .crlf))
  case 2: sameInPieces(stream, seed, DelimiterFraming([0], limit: limit))
  case 3: sameInPieces(stream, seed, DelimiterFraming(Array("aab".utf8), limit: limit))
  case 4: sameInPieces(stream, seed, DelimiterFraming(Array("\r\n".utf8), limit: limit))
  case 5: sameInPieces(stream, seed, FixedSizeFraming(max(1, limit)))
  case 6: sameInPieces(stream, seed, LengthPrefixFraming(.varint, limit: limit))
  default:
    let prefixes: [LengthPrefixFraming.Prefix] = [.uint8, .uint16, .uint32, .uint64]
    let order = choice % 9 == 7 ? ByteOrder.bigEndian : .littleEndian
    let prefix = prefixes[choice / 9 % 4]
    sameInPieces(stream, seed, LengthPrefixFraming(prefix, byteOrder: order, limit: limit))
  }
}

private func sameInPieces<F: Framing>(_ bytes: [UInt8], _ seed: UInt64, _ framing: F)
where F.Frame: Equatable {
  let whole = feed(bytes.isEmpty ? [] : [bytes], framing)
  var random = SplitMix64(seed: seed)
  for pieces in [bytes.pieces(of: 1), bytes.pieces(upTo: 1 + Int(seed) / 4, &random)] {
    let fed = feed(pieces, framing)
    require(fed.values == whole.values, "\(fed.values), not \(whole.values)")
    require(fed.code == whole.code, "\(fed.code as Any), not \(whole.code as Any)")
    // After a failure, nothing more is fed.
    let isEnough = whole.failure == nil ? fed.rest == whole.rest : whole.rest.starts(with: fed.rest)
    require(isEnough, "\(fed.rest) left, not \(whole.rest)")
  }
  // A frame that was read can be written, unless it could be read only where its stream had ended.
  var buffer = WriteBuffer()
  var written: [F.Frame] = []
  for frame in whole.values {
    do {
      try framing.encode(frame, into: &buffer)
      written.append(frame)
    } catch let error as SocketError {
      // A line that has become longer by what is not UTF-8, or ends with CR.
      let isOfLine = error.code == .limitExceeded || error.code == .malformedFrame
      require(framing is LineFraming && isOfLine, "\(error)")
    } catch {
      require(false, "\(error)")
    }
  }
  let again = Array(buffer.pieces.joined())
  require(feed(again.isEmpty ? [] : [again], framing).values == written, "written and read")
}

private func feed<F: Framing>(_ pieces: [[UInt8]], _ framing: F) -> PieceFeeder<F.Frame> {
  var decoder = framing
  return PieceFeeder(pieces) { try decoder.decode(&$0) }
}
