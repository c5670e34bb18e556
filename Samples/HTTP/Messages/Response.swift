/// An answer, before it is bytes.
package struct Response {
  /// What follows the head.
  package enum Body {
    case bytes([UInt8])
    /// A part of a file.
    case file(ServedFile, Range<Int>)
    /// The body of the request, sent back as it comes.
    case echo
    /// Nothing, and no length either.
    case none
  }

  var status: Status

  /// The media type of the body; empty for none.
  var type: String

  /// Further fields.
  package var fields: [(name: String, value: String)]

  var body: Body

  package init(
    status: Status = .ok,
    type: String = "text/plain; charset=utf-8",
    fields: [(name: String, value: String)] = [],
    body: Body
  ) {
    (self.status, self.type, self.fields, self.body) = (status, type, fields, body)
  }

  /// An answer that says no more than its status, in words.
  package static func plain(_ status: Status) -> Response {
    Response(status: status, body: .bytes(Array("\(status.rawValue) \(status.phrase)\n".utf8)))
  }

  /// The first line and the fields, as bytes at the end of others.
  ///
  /// - Parameters:
  ///   - output: Receives the bytes.
  ///   - request: What is answered; `nil` if it was not understood.
  ///   - start: How heads begin at present.
  ///   - keeps: Whether the connection goes on.
  func appendHead(
    to output: inout [UInt8],
    answering request: Request?,
    start: inout HeadStart,
    keeps: Bool
  ) {
    start.append(status, to: &output)
    if !type.isEmpty { output.append("\r\nContent-Type: ", type) }
    switch body {
    case .bytes(let bytes): Self.appendLength(bytes.count, to: &output)
    case .file(_, let range): Self.appendLength(range.count, to: &output)
    case .echo:
      switch request?.framing {
      case .length(let length): Self.appendLength(length, to: &output)
      case .chunked: output.append("\r\nTransfer-Encoding: chunked")
      default: Self.appendLength(0, to: &output)
      }
    case .none: break
    }
    for (name, value) in fields {
      output.append("\r\n", name)
      output.append(": ", value)
    }
    // What is the rule in one version is the exception in the other: RFC 9112 section 9.3.
    if !keeps {
      output.append("\r\nConnection: close")
    } else if request?.minorVersion == 0 {
      output.append("\r\nConnection: keep-alive")
    }
    output.append("\r\n\r\n")
  }

  private static func appendLength(_ length: Int, to output: inout [UInt8]) {
    output.append("\r\nContent-Length: ")
    output.append(decimal: length)
  }
}
