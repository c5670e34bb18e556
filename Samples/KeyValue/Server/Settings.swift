/// What can be chosen.
package struct Settings: Sendable {
  /// When changes have to be on the disk, if they are logged.
  package let synchronization: Journal.Synchronization

  /// How many bytes keys and values may take before commands which add something are refused.
  package let mostMemory: Int

  /// The most bytes of a request.
  package let longestRequest: Int

  /// How many clients there may be at one time.
  package let mostClients: Int

  package init(
    synchronization: Journal.Synchronization = .everysec,
    mostMemory: Int = .max,
    longestRequest: Int = 64 << 20,
    mostClients: Int = 10_000
  ) {
    self.synchronization = synchronization
    self.mostMemory = mostMemory
    self.longestRequest = longestRequest
    self.mostClients = mostClients
  }
}
