/// The fields of a hash, and their values.
struct Fields {
  private var values: [Key: [UInt8]] = [:]

  /// How much memory it takes, in bytes, or about that.
  private(set) var size = 0

  private static let perField = 96

  var count: Int { values.count }

  subscript(name: ArraySlice<UInt8>) -> [UInt8]? { values[Key(name)] }

  /// Sets a field.
  ///
  /// - Returns: Whether it is new.
  mutating func set(_ name: ArraySlice<UInt8>, to value: ArraySlice<UInt8>) -> Bool {
    let old = values.updateValue(Array(value), forKey: Key(name))
    size += value.count - (old?.count ?? -name.count - Self.perField)
    return old == nil
  }

  /// Removes a field.
  ///
  /// - Returns: Whether there was one.
  mutating func remove(_ name: ArraySlice<UInt8>) -> Bool {
    guard let old = values.removeValue(forKey: Key(name)) else { return false }
    size -= old.count + name.count + Self.perField
    return true
  }

  func forEach(_ body: (Key, [UInt8]) -> Void) {
    for (name, value) in values { body(name, value) }
  }
}
