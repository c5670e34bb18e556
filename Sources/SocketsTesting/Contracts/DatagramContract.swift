/// What every datagram socket promises, and other senders and receivers of whole messages should: a contract that
/// can be run.
///
/// For authors of their own: sealed, compressed or recorded datagrams, say. It says nothing of loss and order: each
/// rule waits for one datagram before it sends the next, or does not care. With Swift Testing, each rule is a case of
/// one test:
///
/// ```swift
/// @Test(arguments: DatagramContract.rules)
/// func `sealed datagrams keep the contract`(rule: DatagramContract.Rule) async throws {
///   try await rule.check { reactor in
///     let (near, far) = try await UDPSocket.pair(on: reactor)
///     return (sealed(near), sealed(far))
///   }
/// }
/// ```
public enum DatagramContract {
  /// One promise, and how to see whether it is kept.
  public typealias Rule = ContractRule<DatagramEnd>

  /// All promises.
  public static var rules: [Rule] { whole + waiting + closing }
}
