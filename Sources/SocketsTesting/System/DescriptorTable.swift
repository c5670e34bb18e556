internal import Glibc

/// The open descriptors of a simulated kernel: far above all numbers that the real one gives out.
struct DescriptorTable {
  /// The lowest number.
  static let base: Int32 = 1 << 30

  private var files: [SimulatedFile?] = []
  private var lowestFree = 0

  /// How many are open.
  private(set) var count = 0

  /// Whether a number is one of a simulation.
  static func owns(_ number: Int32) -> Bool { number >= base }

  subscript(number: Int32) -> SimulatedFile? {
    let index = Int(number) - Int(Self.base)
    return files.indices.contains(index) ? files[index] : nil
  }

  /// All open files, in the order of their numbers.
  var open: [SimulatedFile] { files.compactMap { $0 } }

  /// Opens the lowest free number, as a kernel does.
  mutating func add(_ file: SimulatedFile) -> Int32 {
    while lowestFree < files.count, files[lowestFree] != nil { lowestFree += 1 }
    if lowestFree == files.count { files.append(nil) }
    files[lowestFree] = file
    file.references += 1
    count += 1
    return Self.base + Int32(lowestFree)
  }

  /// Closes a number.
  ///
  /// - Returns: What it stood for; `nil` if it was not open.
  mutating func remove(_ number: Int32) -> SimulatedFile? {
    guard let file = self[number] else { return nil }
    let index = Int(number) - Int(Self.base)
    files[index] = nil
    lowestFree = min(lowestFree, index)
    file.references -= 1
    count -= 1
    return file
  }
}
