/// What a key stands for.
enum Value {
  case string([UInt8])
  case list(List)
  case hash(Fields)

  /// How much memory it takes, in bytes, or about that.
  var size: Int {
    switch self {
    case .string(let bytes): bytes.count
    case .list(let list): list.size
    case .hash(let fields): fields.size
    }
  }

  /// Whether there is nothing in it that the key could stand for.
  var isEmpty: Bool {
    switch self {
    case .string: false
    case .list(let list): list.count == 0
    case .hash(let fields): fields.count == 0
    }
  }

  var typeName: String {
    switch self {
    case .string: "string"
    case .list: "list"
    case .hash: "hash"
    }
  }
}

// What is changed is taken out for as long: with two references to it, a change would copy it first.

extension Value {
  mutating func withList<Result>(
    _ body: (inout List) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    guard case .list(var list) = self else { throw .wrongType }
    self = .string([])
    defer { self = .list(list) }
    return try body(&list)
  }

  mutating func withFields<Result>(_ body: (inout Fields) -> Result) throws(Refusal) -> Result {
    guard case .hash(var fields) = self else { throw .wrongType }
    self = .string([])
    defer { self = .hash(fields) }
    return body(&fields)
  }

  /// Adds to the integer that the string stands for.
  mutating func add(_ amount: Int) throws(Refusal) -> Int {
    let sum = try self.sum(amount)
    guard case .string(var digits) = self else { throw .wrongType }
    self = .string([])
    digits.removeAll(keepingCapacity: true)
    digits.append(decimal: sum)
    self = .string(digits)
    return sum
  }

  private func sum(_ amount: Int) throws(Refusal) -> Int {
    guard case .string(let digits) = self else { throw .wrongType }
    guard let number = Int(decimal: digits) else { throw .notInteger }
    let (sum, isTooLarge) = number.addingReportingOverflow(amount)
    if isTooLarge { throw .overflow }
    return sum
  }
}
