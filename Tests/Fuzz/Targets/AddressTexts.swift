import Glibc

@testable import Sockets

/// Texts of IP addresses, prefixes, and addresses with ports.
///
/// Whatever is read prints as one text that reads the same, `inet_pton` agrees about what an address is, and no refusal
/// repeats a control character.
func fuzzIPText(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  readsBack(IPv4Address.self, text) { try IPv4Address(parsing: $0) }
  readsBack(IPv6Address.self, text) { try IPv6Address(parsing: $0) }
  readsBack(IPAddress.self, text) { try IPAddress(parsing: $0) }
  readsBack(IPPrefix.self, text) { try IPPrefix(parsing: $0) }
  readsBack(SocketAddress.self, text) { try SocketAddress(parsing: $0) }

  if let prefix = IPPrefix(text) {
    require(prefix.contains(prefix.address), "\(prefix) has itself")
  }
  // A C string ends at its first NUL.
  if text.utf8.contains(0) { return }
  let v4 = parsed(AF_INET, text).flatMap { IPv4Address(bytes: $0.prefix(4)) }
  require(IPv4Address(text) == v4, "\(text.debugDescription) is \(String(describing: v4))")
  if text.utf8.contains(UInt8(ascii: "%")) { return }
  let v6 = parsed(AF_INET6, text).flatMap { IPv6Address(bytes: $0) }
  require(IPv6Address(text) == v6, "\(text.debugDescription) is \(String(describing: v6))")
}

/// Texts of endpoints: what `host` and `port` say apart is what they say together.
func fuzzEndpoint(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  readsBack(Endpoint.self, text) { try Endpoint(parsing: $0) }
  if let endpoint = Endpoint(text) {
    let host = endpoint.host.description
    let service = endpoint.service.description
    require((try? Endpoint(host: host, service: service)) == endpoint, "the parts of \(endpoint)")
    // What getaddrinfo would take for an address was read as that address, or was refused.
    if case .name(let name) = endpoint.host {
      var address = in_addr()
      require(unsafe inet_aton(name, &address) == 0, "\(name) is an address to inet_aton")
    }
    if let address = endpoint.socketAddress { require(Endpoint(address) == endpoint, "\(address)") }
  }
  if let endpoint = try? Endpoint(parsing: text, defaultPort: 7) {
    require(Endpoint(endpoint.description) == endpoint, "\(endpoint) reads back")
  }
  if let endpoint = try? Endpoint(host: text, port: 7) {
    require(Endpoint(endpoint.description) == endpoint, "\(endpoint) reads back")
  }
}

/// Texts of Unix-domain addresses, and the names that the same bytes are.
func fuzzUnixText(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  readsBack(UnixAddress.self, text) { try UnixAddress(parsing: $0) }
  for address in [try? UnixAddress.path(bytes: bytes), try? UnixAddress.abstract(bytes)] {
    guard let address else { continue }
    let printed = address.description
    require(UnixAddress(printed) == address, "\(printed) reads back")
    require(isOneLine(printed), "\(printed.debugDescription) is one line")
  }
}

/// Reads a text; what it is prints as a text that reads the same, and is the canonical one.
private func readsBack<Value: LosslessStringConvertible & Equatable>(
  _ type: Value.Type,
  _ text: String,
  _ parse: (String) throws -> Value
) {
  do {
    let value = try parse(text)
    let printed = value.description
    require(Value(printed) == value, "\(printed) reads back as \(type)")
    require(Value(printed)?.description == printed, "\(printed) is canonical")
    require(Value(text) == value, "\(text.debugDescription) is \(type) either way")
  } catch {
    require(Value(text) == nil, "\(text.debugDescription) is no \(type) either way")
    require(isOneLine("\(error)"), "\(error) is one line")
  }
}

private func isOneLine(_ text: String) -> Bool {
  text.unicodeScalars.allSatisfy { scalar in
    ![.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
  }
}

/// Returns the bytes that `inet_pton` makes of a text, 16 of them for either family.
private func parsed(_ family: Int32, _ text: String) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: 16)
  // SAFETY: inet_pton writes 4 or 16 bytes.
  let result = unsafe bytes.withUnsafeMutableBytes {
    unsafe inet_pton(family, text, $0.baseAddress)
  }
  return result == 1 ? bytes : nil
}
