/// A transport over IPv4 and IPv6, whose sockets have the options of IP.
///
/// A phantom: no value of it is ever made.
public protocol IPTransport: Sendable {}

extension TCP: IPTransport {}

extension UDP: IPTransport {}
