/// A path below a folder, from the path of a URI.
///
/// No name in it begins with a dot: so none leads upwards, and none to files that are hidden.
struct FilePath: Equatable {
  /// The names of folders, and of the file.
  let names: [String]

  /// Whether it ends with a slash, and so means a folder.
  let isFolder: Bool

  /// Decodes a path.
  ///
  /// A name is decoded after the path was cut at its slashes. Whatever decodes to something that cannot be a
  /// name, as `%2e%2e`, `%2f` and `%00` do, is refused.
  ///
  /// - Parameter path: The path, percent-encoded.
  init?(_ path: Substring) {
    guard path.utf8.first == .slash else { return nil }
    var names: [String] = []
    for part in path.split(separator: "/") {
      guard let name = Self.decode(part), name.utf8.first != .dot,
        !name.utf8.contains(where: { $0 == 0 || $0 == .slash })
      else { return nil }
      names.append(name)
    }
    self.names = names
    isFolder = path.utf8.last == .slash
  }

  /// The path of the file, relative to the folder.
  var relative: String { names.isEmpty ? "." : names.joined(separator: "/") }

  /// The path of a URI that means this path as a folder.
  var folder: String { names.reduce("/") { $0 + Self.encode($1) + "/" } }

  /// Replaces what stands for a byte.
  private static func decode(_ part: Substring) -> String? {
    guard part.utf8.contains(.percent) else { return String(part) }
    var bytes: [UInt8] = []
    var rest = part.utf8
    while let byte = rest.popFirst() {
      if byte != .percent {
        bytes.append(byte)
      } else if let high = rest.popFirst()?.hexadecimal, let low = rest.popFirst()?.hexadecimal {
        bytes.append(UInt8(high * 16 + low))
      } else {
        return nil
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Replaces each byte that might mean something in a URI, or in HTML.
  static func encode(_ name: String) -> String {
    var encoded: [UInt8] = []
    for byte in name.utf8 {
      if byte.isLetter || byte.isDigit || [.dot, .hyphen, .underscore].contains(byte) {
        encoded.append(byte)
      } else {
        encoded.append(.percent)
        if byte < 16 { encoded.append(.zero) }
        encoded.append(hexadecimal: Int(byte))
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
