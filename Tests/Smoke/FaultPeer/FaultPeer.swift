import SampleSupport
import Sockets
import SocketsTesting

/// A `FaultProxy` for fault-proxy.sh, between programs that know nothing of this library.
@main
struct FaultPeer {
  static let usage = """
    usage: FaultPeer ADDRESS [to-server|to-client FAULT=NUMBER ...] ...

    Passes on connections to an ADDRESS such as 127.0.0.1:80. A FAULT is one of delay (milliseconds), piece, rate (bytes
    per second), reset, end (after so many bytes), corrupt (the position of a byte) and silent (0 or 1).
    """

  static func main() async {
    await Program.run(usage: usage) { words in
      guard let target = words.first.flatMap({ SocketAddress($0) }) else {
        throw UsageError("an address is needed")
      }
      let (toServer, toClient) = try faults(words.dropFirst())
      try await Program.runUntilSignal {
        try await FaultProxy.run(to: target) { proxy in
          proxy.toServer = toServer
          proxy.toClient = toClient
          Program.printLine("listening on \(proxy.address)")
          while true { try await Reactor.sleep(for: .seconds(3_600)) }
        }
      }
    }
  }

  static func faults(_ words: ArraySlice<String>) throws -> (toServer: Faults, toClient: Faults) {
    var directions = ["to-server": Faults(), "to-client": Faults()]
    var direction = ""
    for word in words {
      if directions[word] != nil {
        direction = word
        continue
      }
      let parts = word.split(separator: "=")
      guard parts.count == 2, let number = Int(parts[1]), number >= 0,
        var faults = directions[direction]
      else { throw UsageError("'\(word)' is not a fault of a direction") }
      switch parts[0] {
      case "delay": faults.delay = .milliseconds(number)
      case "piece": faults.pieceSize = number
      case "rate": faults.bytesPerSecond = number
      case "reset": faults.resetAfter = number
      case "end": faults.endAfter = number
      case "corrupt": faults.corruptedByte = number
      case "silent": faults.isSilent = number > 0
      default: throw UsageError("there is no fault '\(parts[0])'")
      }
      directions[direction] = faults
    }
    return (directions["to-server"] ?? Faults(), directions["to-client"] ?? Faults())
  }
}
