import Testing

@testable import HTTP

@Suite struct FileTests {
  @Test(arguments: [
    ("bytes=0-0", 0..<1), ("bytes=0-9", 0..<10), ("bytes=0-99", 0..<10), ("bytes=3-", 3..<10),
    ("bytes=-3", 7..<10), ("bytes=-99", 0..<10), ("BYTES=9-9", 9..<10),
  ])
  func `a range is a part of ten bytes`(value: String, range: Range<Int>) {
    #expect(ByteRange(value, size: 10) == .part(range))
  }

  @Test(arguments: ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999-"])
  func `a range that ten bytes do not have is told from one that asks for nothing`(value: String) {
    #expect(ByteRange(value, size: 10) == .unsatisfiable)
    #expect(ByteRange("bytes=-1", size: 0) == .unsatisfiable)
  }

  @Test(arguments: [
    "", "bytes", "bytes=", "bytes=-", "bytes=1", "bytes=2-1", "bytes=a-b", "bytes=1-b",
    "bytes=+1-2",
    "bytes= 1-2", "bytes=1-2,4-5", "lines=1-2", "bytes=-1-2", "bytes=1--2",
  ])
  func `what is not one range asks for the whole`(value: String) {
    #expect(ByteRange(value, size: 10) == .whole)
  }

  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
  ])
  func `a date is printed, and read back`(seconds: Int, text: String) {
    #expect(HTTPDate(seconds: seconds).text == text)
    #expect(HTTPDate(text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06 Nov 1894 08:49:37 GMT",
  ])
  func `what is no such date is not read`(text: String) { #expect(HTTPDate(text) == nil) }

  @Test(arguments: [
    ("/", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("//a//b", ["a", "b"], false),
    ("/%61%20b/c%C3%BC", ["a b", "cü"], false), ("/a..b", ["a..b"], false), ("/%5c", ["\\"], false),
  ])
  func `a path is cut, then decoded`(path: String, names: [String], isFolder: Bool) throws {
    let decoded = try #require(FilePath(path[...]))
    #expect(decoded.names == names)
    #expect(decoded.isFolder == isFolder)
  }

  @Test(arguments: [
    "", "*", "a", "/..", "/../a", "/a/../b", "/%2e%2e/a", "/.%2E", "/.", "/.git/config", "/%2egit",
    "/.%CC%81x", "/a%2fb", "/a%2F..%2Fb", "/a%00", "/%", "/%4", "/%zz", "/%ff", "/%+1",
  ])
  func `a path that leads elsewhere, or nowhere, is refused`(path: String) {
    #expect(FilePath(path[...]) == nil)
  }

  @Test func `names of files are harmless in a page`() throws {
    let path = try #require(FilePath("/%3Cb%3E/"))
    let page = FileList(path, ["<i>\"&'", "javascript:x", "a/"]).html
    #expect(page.contains("<a href=\"./%3ci%3e%22%26%27\">&lt;i&gt;&quot;&amp;&#39;</a>"))
    #expect(page.contains("<a href=\"./javascript%3ax\">"))
    #expect(page.contains("<a href=\"./a/\">a/</a>"))
    #expect(page.contains("<title>/&lt;b&gt;/</title>"))
  }

  @Test(arguments: [
    ("a.HTML", "text/html; charset=utf-8"), ("a.b.png", "image/png"),
    ("a", "application/octet-stream"), ("a.", "application/octet-stream"),
  ])
  func `the end of a name tells the type`(name: String, type: String) {
    #expect(MediaType.of(name) == type)
  }
}
