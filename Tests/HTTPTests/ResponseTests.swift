import Testing

@testable import HTTP

@Suite struct ResponseTests {
  /// The lines of an answer's head, without the date.
  private func head(_ response: Response, _ request: Request?, keeps: Bool) -> [String] {
    var (output, start): ([UInt8], HeadStart) = ([], HeadStart())
    response.appendHead(to: &output, answering: request, start: &start, keeps: keeps)
    let lines = String(decoding: output, as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    return lines.map(String.init).filter { !$0.hasPrefix("Date: ") }
  }

  private func request(_ version: Int, _ framing: Request.Framing = .none) -> Request {
    Request(method: "GET", path: "/", minorVersion: version, framing: framing)
  }

  @Test func `an answer says what it is, how long, and no more`() {
    let response = Response(fields: [("A", "b")], body: .bytes([1, 2, 3]))
    let type = "Content-Type: text/plain; charset=utf-8"
    let lines = ["HTTP/1.1 200 OK", type, "Content-Length: 3", "A: b"]
    #expect(head(response, request(1), keeps: true) == lines + ["", ""])
    #expect(head(response, request(1), keeps: false) == lines + ["Connection: close", "", ""])
    #expect(head(response, request(0), keeps: true) == lines + ["Connection: keep-alive", "", ""])
    #expect(head(response, nil, keeps: false) == lines + ["Connection: close", "", ""])
  }

  @Test func `an echo is framed as what it sends back`() {
    let echo = Response(type: "", body: .echo)
    let ok = "HTTP/1.1 200 OK"
    #expect(
      head(echo, request(1, .length(1_000)), keeps: true) == [ok, "Content-Length: 1000", "", ""]
    )
    #expect(
      head(echo, request(1, .chunked), keeps: true) == [ok, "Transfer-Encoding: chunked", "", ""]
    )
    #expect(head(echo, request(1), keeps: true) == [ok, "Content-Length: 0", "", ""])
  }

  @Test func `nothing has no length`() {
    let response = Response(status: .notModified, type: "", body: .none)
    #expect(head(response, request(1), keeps: true) == ["HTTP/1.1 304 Not Modified", "", ""])
  }
}
