import Glibc
import SampleSupport
import Sockets

/// One end of what unix.sh tries: the other is a program that knows nothing of this library.
@main
struct UnixPeer {
  static let usage = """
    usage: UnixPeer COMMAND ADDRESS [MESSAGE ...]

    ADDRESS is a path, or @ and an abstract name.

      connect            send "hello", end, print what comes back
      packets-listen     send back each message of one client, reversed
      packets-connect    send the MESSAGEs, end, print what comes back, one message a line
      descriptor-send    connect and pass standard output twice, with the bytes "ab"
      descriptor-receive listen, write "from swift" to each descriptor that one client passes
    """

  static func main() async {
    await Program.run(usage: usage) { words in
      guard words.count >= 2 else { throw UsageError("a command and an address are needed") }
      try await run(words[0], UnixAddress(parsing: words[1]), messages: words[2...])
    }
  }

  static func run(
    _ command: String,
    _ address: UnixAddress,
    messages: ArraySlice<String>
  ) async throws {
    switch command {
    case "connect":
      try await UnixConnection.connect(to: address) { connection in
        try await connection.write("hello")
        try await connection.finish()
        while let bytes = try await connection.read(upTo: 4096) {
          Program.printLine(String(decoding: bytes, as: UTF8.self))
        }
      }
    case "packets-listen":
      let listener = try await SeqPacketListener.bind(to: address)
      Program.printLine("listening")
      let connection = try await listener.accept()
      for try await message in connection.messages() {
        try await connection.send(message.bytes.reversed())
      }
      listener.close()
    case "packets-connect":
      try await SeqPacketConnection.connect(to: address) { connection in
        for text in messages { try await connection.send(Array(text.utf8)) }
        try await connection.finish()
        for try await message in connection.messages() {
          Program.printLine(String(decoding: message.bytes, as: UTF8.self))
        }
      }
    case "descriptor-send":
      try await UnixConnection.connect(to: address) { connection in
        var batch = DescriptorBatch()
        for _ in 0..<2 { batch.append(try OwnedDescriptor(duplicating: 1)) }
        try await connection.write(Array("ab".utf8), passing: batch)
        try await connection.finish()
        _ = try await connection.read(upTo: 1)
      }
    case "descriptor-receive":
      let listener = try await UnixListener.bind(to: address)
      Program.printLine("listening")
      try await receive(try await listener.accept())
      listener.close()
    default: throw UsageError("unknown command '\(command)'")
    }
  }

  static func receive(_ connection: UnixConnection) async throws {
    var batch = DescriptorBatch()
    var count = 0
    while let bytes = try await connection.read(upTo: 4096, descriptors: &batch) {
      Program.printLine("\(bytes.count) bytes, \(batch.count) descriptors")
      while let descriptor = batch.popFirst() {
        count += 1
        let text = Array("from swift \(count)\n".utf8)
        descriptor.withUnsafeDescriptor { number in
          _ = unsafe write(number, text, text.count)
        }
      }
    }
  }
}
