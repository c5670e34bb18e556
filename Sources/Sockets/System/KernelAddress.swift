internal import CSockets
internal import Glibc

/// A socket address in the kernel's form: `struct sockaddr_storage` and a length.
package struct KernelAddress {
  private var storage = sockaddr_storage()

  /// How many bytes count, 0...128.
  ///
  /// The kernel may report more than it stored; that is cut here.
  package private(set) var length: UInt32 = 0

  /// An address still to be filled in.
  package init() {}

  /// Encodes an IP address and a port.
  ///
  /// C: `sockaddr_in(7)`, `sockaddr_in6(7)`.
  package init(_ address: SocketAddress) {
    switch address.ip {
    case .v4(let ip):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = address.port.bigEndian
      name.sin_addr.s_addr = ip.rawValue.bigEndian
      unsafe withUnsafeBytes(of: name) { unsafe copy($0) }
    case .v6(let ip):
      var name = sockaddr_in6()
      name.sin6_family = sa_family_t(AF_INET6)
      name.sin6_port = address.port.bigEndian
      name.sin6_scope_id = ip.zone
      unsafe withUnsafeMutableBytes(of: &name.sin6_addr) {
        unsafe $0.storeBytes(of: ip.high.bigEndian, as: UInt64.self)
        unsafe $0.storeBytes(of: ip.low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      unsafe withUnsafeBytes(of: name) { unsafe copy($0) }
    }
  }

  /// Encodes a Unix-domain address.
  ///
  /// C: `sockaddr_un`, unix(7). A path has its final zero unless it fills all 108 bytes, which only
  /// the kernel itself can have told; an abstract name is as long as it is; no name at all is the
  /// family alone, with which `bind` makes the kernel choose an abstract name.
  package init(_ address: UnixAddress) {
    storage.ss_family = sa_family_t(AF_UNIX)
    let start = MemoryLayout<sa_family_t>.size
    let bytes = address.bytes.prefix(UnixAddress.capacity)
    unsafe withUnsafeMutableBytes(of: &storage) {
      unsafe UnsafeMutableRawBufferPointer(rebasing: $0[start...]).copyBytes(from: bytes)
    }
    let isTerminated = address.isPath && bytes.count < UnixAddress.capacity
    length = UInt32(start + bytes.count + (isTerminated ? 1 : 0))
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: bytes) }
    length = UInt32(bytes.count)
  }

  /// The address family; 0 if the kernel gave none.
  var family: Int32 {
    length >= MemoryLayout<sa_family_t>.size ? Int32(storage.ss_family) : 0
  }

  /// The IP address and port, or `nil` if it is another family or too short to be one.
  package var socketAddress: SocketAddress? {
    unsafe withUnsafeBytes(of: storage) { bytes in
      switch family {
      case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
        let name = unsafe bytes.loadUnaligned(as: sockaddr_in.self)
        return SocketAddress(
          .v4(IPv4Address(rawValue: UInt32(bigEndian: name.sin_addr.s_addr))),
          port: UInt16(bigEndian: name.sin_port)
        )
      case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
        let name = unsafe bytes.loadUnaligned(as: sockaddr_in6.self)
        let ip = unsafe withUnsafeBytes(of: name.sin6_addr) { octets in
          unsafe IPv6Address(
            high: UInt64(bigEndian: octets.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            zone: name.sin6_scope_id
          )
        }
        return SocketAddress(.v6(ip), port: UInt16(bigEndian: name.sin6_port))
      default:
        return nil
      }
    }
  }

  /// The Unix-domain address, or `nil` if it is another family.
  ///
  /// Any length is safe: the kernel says 111 for a path of 108 bytes, one more than
  /// `struct sockaddr_un` has.
  package var unixAddress: UnixAddress? {
    guard family == AF_UNIX else { return nil }
    let start = MemoryLayout<sa_family_t>.size
    let end = min(Int(length), start + UnixAddress.capacity)
    return unsafe withUnsafeBytes(of: storage) { bytes in
      let name = unsafe bytes[start..<end]
      let isAbstract = unsafe name.first == 0
      return unsafe UnixAddress(bytes: isAbstract ? Array(name) : Array(name.prefix { $0 != 0 }))
    }
  }

  /// Takes note that a call has written an address to where this value lies in memory.
  ///
  /// - Parameter reported: The length that the call has reported.
  mutating func wasFilled(length reported: UInt32) {
    length = min(reported, UInt32(MemoryLayout<sockaddr_storage>.size))
  }

  /// Lends the encoded bytes to a call that reads them.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafeBytes(of: storage) { (bytes) throws(Failure) in
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[..<Int(length)]))
    }
  }

  /// Lends the whole storage to a call that writes an address and its length.
  package mutating func fill<Result, Failure: Error>(
    _ body: (UnsafeMutableRawPointer, inout UInt32) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let capacity = UInt32(MemoryLayout<sockaddr_storage>.size)
    var reported = capacity
    let result = try unsafe withUnsafeMutablePointer(to: &storage) { (storage) throws(Failure) in
      try unsafe body(UnsafeMutableRawPointer(storage), &reported)
    }
    length = min(reported, capacity)
    return result
  }
}
