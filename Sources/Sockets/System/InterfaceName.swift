internal import Glibc

/// The kernel's two-way table of network interfaces: names such as `eth0`, and index numbers.
///
/// Either direction is one system call on a socket that the C library opens for the purpose, so it
/// also finds nothing when the process has no descriptor left.
enum InterfaceName {
  /// The longest name that the kernel gives an interface, in bytes: `IFNAMSIZ` less its final zero.
  static let maximumLength = Int(IFNAMSIZ) - 1

  /// Returns the index of the interface with this name, or `nil` when there is none now.
  ///
  /// The corresponding C function is `if_nametoindex`.
  static func index(of name: String) -> UInt32? {
    let index = unsafe if_nametoindex(name)
    return index == 0 ? nil : index
  }

  /// Returns the name of the interface with this index, or `nil` when there is none now.
  ///
  /// The corresponding C function is `if_indextoname`.
  static func name(of index: UInt32) -> String? {
    var buffer = [16 of CChar](repeating: 0)
    var span = buffer.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { bytes -> String? in
      // SAFETY: the call writes at most IFNAMSIZ (16) bytes, the buffer's size, the last one zero.
      guard let start = bytes.baseAddress, unsafe if_indextoname(index, start) != nil else {
        return nil
      }
      return unsafe String(cString: start)
    }
  }
}
