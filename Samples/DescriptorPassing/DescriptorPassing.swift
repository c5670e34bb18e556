import SampleSupport
import Sockets

/// Passes open files from one process to another.
@main
struct DescriptorPassing {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let arguments = try Arguments(words)
      do {
        try await Program.runUntilSignal { try await run(arguments) }
      } catch let interruption as Program.Interruption {
        guard case .receive = arguments.role else { throw interruption }
      }
    }
  }

  static func run(_ arguments: Arguments) async throws {
    let sender = Sender(address: arguments.address)
    switch arguments.role {
    case .receive(let limit): try await Receiver(limit: limit).run(at: arguments.address)
    case .send(let files): try await sender.send(files: files)
    case .sendConnection(let port): try await sender.sendConnection(port: port)
    }
  }
}
