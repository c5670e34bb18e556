/// What can be chosen.
package struct Settings: Sendable {
  /// Lines for everybody who comes.
  let messageOfTheDay: [String]

  /// The most bytes of a line, and the most that may wait for one who does not read.
  let longestLine, mostWaiting: Int

  /// Whether who comes and goes is noted on standard error.
  let isVerbose: Bool

  package init(messageOfTheDay: [String], longestLine: Int, mostWaiting: Int, isVerbose: Bool) {
    (self.messageOfTheDay, self.isVerbose) = (messageOfTheDay, isVerbose)
    (self.longestLine, self.mostWaiting) = (longestLine, mostWaiting)
  }
}
