/// Requests that have arrived together, as those of a client that does not wait for each reply.
///
/// One array holds the bytes of all of them, so that many small requests cost no more than one.
struct Batch: RandomAccessCollection, Sendable {
  let bytes: [UInt8]

  /// Where in `bytes` each word of each request is.
  let words: [Range<Int>]

  /// Where in `words` each request ends.
  let ends: [Int]

  var startIndex: Int { 0 }
  var endIndex: Int { ends.count }

  subscript(index: Int) -> Request {
    Request(bytes: bytes, words: words[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
  }
}

/// What a client asks for: the name of a command, and its arguments.
struct Request: RandomAccessCollection {
  fileprivate let bytes: [UInt8]
  fileprivate let words: ArraySlice<Range<Int>>

  var startIndex: Int { 0 }
  var endIndex: Int { words.count }

  subscript(index: Int) -> ArraySlice<UInt8> { bytes[words[words.startIndex + index]] }
}
