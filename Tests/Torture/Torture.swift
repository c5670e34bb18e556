import SampleSupport

/// Hurts the library on purpose: each scenario recreates one way in which socket libraries have failed.
@main
struct Torture {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let arguments = try Arguments(words)
      switch arguments.command {
      case .list:
        for scenario in scenarios {
          Program.printLine("\(padded(scenario.name, to: 8))\(scenario.summary)")
        }
      case .all: try await onThread { Result { try runAll(arguments) } }.get()
      case .one(let scenario): try await runOne(scenario, arguments)
      }
    }
  }

  /// Runs one scenario in this process: off the main actor, since its tasks choose their executors.
  ///
  /// - Parameters:
  ///   - scenario: The scenario.
  ///   - arguments: The command line.
  /// - Throws: ``Failure``, or what the library threw and should not have.
  @concurrent
  private static func runOne(_ scenario: any Scenario.Type, _ arguments: Arguments) async throws {
    let seed = arguments.seed ?? .random(in: 0...UInt64(UInt32.max))
    let command = "torture \(scenario.name)\(arguments.isBrief ? " --brief" : "") --seed \(seed)"
    Program.note(command)
    do {
      let figures = try await Invariants.check(scenario, arguments, seed: seed)
      Program.printLine("\(padded(scenario.name, to: 8))\(figures)")
    } catch {
      throw Failure("\(scenario.name) failed: \(error)\nagain: \(command)")
    }
  }
}

/// A text with blanks up to a width.
func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
