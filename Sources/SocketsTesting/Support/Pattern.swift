/// Bytes that show a gap or a repetition: 0 to 250, again and again.
///
/// - Parameter count: How many.
/// - Returns: The bytes.
package func pattern(_ count: Int) -> [UInt8] {
  var bytes = [UInt8](0...250)
  while bytes.count < count { bytes += bytes }
  return Array(bytes[..<count])
}
