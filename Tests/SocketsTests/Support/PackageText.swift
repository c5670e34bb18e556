import FoundationEssentials

/// The files of this package: for tests that compare what the documentation says with what there is.
enum PackageText {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

  /// The text of a file.
  ///
  /// - Parameter path: Its path within the package.
  /// - Returns: The text.
  /// - Throws: An error of the file system.
  static func read(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }

  /// Replaces a file.
  ///
  /// - Parameters:
  ///   - path: Its path within the package.
  ///   - text: The new text.
  /// - Throws: An error of the file system.
  static func write(_ path: String, _ text: String) throws {
    try text.write(toFile: root + "/" + path, atomically: true, encoding: .utf8)
  }

  /// The paths of the Swift files in a folder.
  ///
  /// - Parameter folder: The folder's path within the package.
  /// - Returns: The paths within the package, sorted.
  /// - Throws: An error of the file system.
  static func swiftFiles(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)
      .filter { $0.hasSuffix(".swift") }
      .sorted()
      .map { folder + "/" + $0 }
  }
}
