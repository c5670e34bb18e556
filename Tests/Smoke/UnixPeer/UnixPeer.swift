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

      datagrams-echo     receive at the address, send each datagram back, reversed, until told "bye"
      datagrams-ask      send the MESSAGEs as datagrams, one after the other, print each answer
      datagrams-send     send the MESSAGEs as datagrams, without a name of its own
      datagrams-tell     receive at the address, print sender, length and process, until told "bye";
                         write "from swift" to each descriptor that comes with one
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
        try await connection.send(message.payload.reversed())
      }
      listener.close()
    case "packets-connect":
      try await SeqPacketConnection.connect(to: address) { connection in
        for text in messages { try await connection.send(Array(text.utf8)) }
        try await connection.finish()
        for try await message in connection.messages() {
          Program.printLine(String(decoding: message.payload, as: UTF8.self))
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
    default: try await exchangeDatagrams(command, address, messages)
    }
  }

  static func exchangeDatagrams(
    _ command: String,
    _ address: UnixAddress,
    _ messages: ArraySlice<String>
  ) async throws {
    switch command {
    case "datagrams-echo":
      let socket = try await UnixDatagramSocket.bind(to: address)
      Program.printLine("receiving")
      for try await datagram in socket.datagrams {
        if datagram.payload == Array("bye".utf8) { break }
        try await socket.send(datagram.payload.reversed(), to: datagram.sender)
      }
      socket.close()
    case "datagrams-ask":
      let socket = try await UnixDatagramSocket.connect(to: address, from: .unnamed)
      for text in messages {
        try await socket.send(text.utf8)
        let answer = try await socket.receive(deadline: .now + .seconds(10))
        Program.printLine(String(decoding: answer.payload, as: UTF8.self))
      }
    case "datagrams-send":
      let socket = try await UnixDatagramSocket.connect(to: address)
      for text in messages { try await socket.send(text.utf8) }
    case "datagrams-tell":
      try await tell(address)
    default: throw UsageError("unknown command '\(command)'")
    }
  }

  static func tell(_ address: UnixAddress) async throws {
    let socket = try await UnixDatagramSocket.bind(to: address, mode: 0o600) { socket, _ in
      try socket.set(.receivesCredentials, to: true)
    }
    Program.printLine("receiving")
    while true {
      var batch = DescriptorBatch()
      let datagram = try await socket.receive(upTo: 8, descriptors: &batch)
      if datagram.payload == Array("bye".utf8) { break }
      let process = datagram.credentials?.processID ?? -1
      let text = String(decoding: datagram.payload, as: UTF8.self)
      Program.printLine("\(datagram.sender) \(process) \(datagram.length) '\(text)'")
      while let descriptor = batch.popFirst() { write("from swift\n", to: descriptor) }
    }
    socket.close()
  }

  static func write(_ text: String, to descriptor: borrowing OwnedDescriptor) {
    let bytes = Array(text.utf8)
    descriptor.withUnsafeDescriptor { number in
      _ = unsafe Glibc.write(number, bytes, bytes.count)
    }
  }

  static func receive(_ connection: UnixConnection) async throws {
    var batch = DescriptorBatch()
    var count = 0
    while let bytes = try await connection.read(upTo: 4096, descriptors: &batch) {
      Program.printLine("\(bytes.count) bytes, \(batch.count) descriptors")
      while let descriptor = batch.popFirst() {
        count += 1
        write("from swift \(count)\n", to: descriptor)
      }
    }
  }
}
