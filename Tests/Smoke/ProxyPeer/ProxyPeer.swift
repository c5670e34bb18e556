import SampleSupport
import Sockets

/// One end of what proxy.sh tries: the other is a program that knows nothing of this library.
@main
struct ProxyPeer {
  static let usage = """
    usage: ProxyPeer serve [ADDRESS]
           ProxyPeer connect ADDRESS v1|v2|v2-checksum SOURCE DESTINATION

      serve    answer each HTTP request with what the PROXY protocol's header says, and print it
      connect  send such a header and an HTTP request, print the answer

    An ADDRESS is as 127.0.0.1:0, which is also where it listens unless told otherwise.
    """

  static func main() async {
    await Program.run(usage: usage) { words in
      switch words.first {
      case "serve" where words.count <= 2:
        try await serve(words.count == 2 ? SocketAddress(parsing: words[1]) : .loopback(port: 0))
      case "connect" where words.count == 5:
        var header = ProxyHeader(
          .ip(source: try .init(parsing: words[3]), destination: try .init(parsing: words[4])),
          version: words[2] == "v1" ? .v1 : .v2
        )
        if words[2] == "v2-checksum" {
          header.hasChecksum = true
          header.fields = [.authority("checked.example"), .uniqueID(Array("number 7".utf8))]
        }
        try await connect(to: SocketAddress(parsing: words[1]), header)
      default: throw UsageError("a command and its arguments are needed")
      }
    }
  }

  static func serve(_ address: SocketAddress) async throws {
    let listener = try await TCPListener.bind(to: address)
    Program.printLine("listening on \(listener.localAddress)")
    let report = { @Sendable (_: TCPConnection, error: any Error) in Program.printLine("\(error)") }
    try await listener.serve(onFailure: report) { connection in
      guard let header = try await connection.receiveProxyHeader() else { return }
      Program.printLine(text(header))
      guard try await connection.read(upTo: 4096) != nil else { return }
      let body = text(header) + "\n"
      try await connection.write(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      )
      await connection.closeGracefully()
    }
  }

  static func connect(to address: SocketAddress, _ header: ProxyHeader) async throws {
    try await TCPConnection.connect(to: address) { connection in
      try await connection.write(header)
      try await connection.write("GET / HTTP/1.0\r\n\r\n")
      var answer: [UInt8] = []
      for try await chunk in connection.chunks { answer += chunk }
      Program.printLine(String(decoding: answer, as: UTF8.self))
    }
  }

  /// A header in one line.
  static func text(_ header: ProxyHeader) -> String {
    var words = ["\(header.version)"]
    switch header.endpoints {
    case .local: words.append("local")
    case .unknown: words.append("unknown")
    case .ip(let source, let destination): words.append("\(source) -> \(destination)")
    case .unix(let source, let destination): words.append("\(source) -> \(destination)")
    }
    if header.hasChecksum { words.append("checksum") }
    if let authority = header.authority { words.append("authority=\(authority)") }
    if let id = header.uniqueID { words.append("id=\(String(decoding: id, as: UTF8.self))") }
    if let tls = header.tls {
      words.append("tls=\(tls.version ?? "?") verified=\(tls.isClientVerified)")
      if let name = tls.commonName { words.append("name=\(name)") }
      if let cipher = tls.cipher { words.append("cipher=\(cipher)") }
    }
    return words.joined(separator: " ")
  }
}
