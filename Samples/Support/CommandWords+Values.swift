public import Sockets

/// The values of options, read: of an option that is given more than once the last one, and `nil` for an option
/// that is not given.
extension CommandWords {
  /// Reads the value of an option.
  ///
  /// - Parameters:
  ///   - option: The option.
  ///   - expected: What the value has to be, as in "v1 or v2".
  ///   - read: Reads the value; `nil` if it is something else.
  /// - Returns: The value, or `nil` if the option is not given.
  /// - Throws: That it is something else.
  public func value<Value>(
    of option: String,
    _ expected: String,
    _ read: (String) -> Value?
  ) throws(UsageError) -> Value? {
    guard let word = values(of: option).last else { return nil }
    return try Self.value(word, of: option, expected, read)
  }

  /// Reads an operand.
  ///
  /// - Parameters:
  ///   - word: The operand.
  ///   - name: What the usage calls it.
  ///   - expected: What it has to be.
  ///   - read: Reads it; `nil` if it is something else.
  /// - Returns: The value.
  /// - Throws: That it is something else.
  public static func value<Value>(
    _ word: String,
    of name: String,
    _ expected: String,
    _ read: (String) -> Value?
  ) throws(UsageError) -> Value {
    guard let value = read(word) else {
      throw UsageError("\(name): '\(word)' is not \(expected)")
    }
    return value
  }

  /// The value of an option that takes an IP address.
  public func ipAddress(of option: String) throws(UsageError) -> IPAddress? {
    try value(of: option, "an IP address") { IPAddress($0) }
  }

  /// The value of an option that takes a port.
  public func port(of option: String) throws(UsageError) -> UInt16? {
    try value(of: option, "a port, 0...65535") { UInt16($0) }
  }

  /// The address that `--host` and `--port` say; as far as they do not, a loopback address.
  public func address(port: UInt16) throws(UsageError) -> SocketAddress {
    var address = SocketAddress.loopback(port: port)
    if let ip = try ipAddress(of: "--host") { address.ip = ip }
    if let port = try self.port(of: "--port") { address.port = port }
    return address
  }

  /// The reactors that `--reactors` asks for: 1 to 1,024 of them.
  public func reactors() throws(UsageError) -> Int? { try number(of: "--reactors", in: 1...1024) }

  /// The value of an option that takes a number.
  public func number(
    of option: String,
    in range: ClosedRange<Int>
  ) throws(UsageError) -> Int? {
    let expected =
      range.upperBound == .max
      ? "a number, \(range.lowerBound) or more"
      : "a number, \(range.lowerBound)...\(range.upperBound)"
    return try value(of: option, expected) { Self.number($0[...], in: range) }
  }

  /// The value of an option that takes a time in whole seconds.
  public func seconds(
    of option: String,
    in range: ClosedRange<Int>
  ) throws(UsageError) -> Duration? {
    let expected = "a number of seconds, \(range.lowerBound)...\(range.upperBound)"
    return try value(of: option, expected) { Self.number($0[...], in: range).map { .seconds($0) } }
  }

  /// The value of an option that takes a number of bytes, such as `300`, `64K` or `1G`: K, M and G stand for
  /// 1024, 1024 K and 1024 M.
  public func size(of option: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    func text(_ size: Int) -> String {
      let unit = units.filter { size > 0 && size.isMultiple(of: $0.value) }
        .max { $0.value < $1.value }
      return unit.map { "\(size / $0.value)\($0.key)" } ?? "\(size)"
    }
    let expected = "a number of bytes, \(text(range.lowerBound))...\(text(range.upperBound))"
    return try value(of: option, expected) { word in
      let unit = word.last.flatMap { units[$0] } ?? 1
      let digits = unit == 1 ? word[...] : word.dropLast()
      // So that no product is too large.
      return Self.number(digits, in: 0...range.upperBound / unit)
        .flatMap { range.contains($0 * unit) ? $0 * unit : nil }
    }
  }

  private static func number(_ digits: Substring, in range: ClosedRange<Int>) -> Int? {
    Int(digits).flatMap { range.contains($0) ? $0 : nil }
  }
}
