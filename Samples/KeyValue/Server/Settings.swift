/// What can be chosen.
package struct Settings: Sendable {
  /// When changes have to be on the disk, if they are logged.
  package var synchronization = Journal.Synchronization.everysec

  /// How many bytes keys and values may take before commands which add something are refused.
  package var mostMemory = Int.max

  /// The most bytes of a request.
  package var longestRequest = 64 << 20

  /// How many clients there may be at one time.
  package var mostClients = 10_000

  package init() {}
}
