import CSockets
import Glibc

@testable import Sockets

/// Socket addresses as the kernel writes them: any bytes, and any length that it may report.
///
/// The first byte is the reported length, the second one says whether the family is one of those that are known.
func fuzzKernelAddress(_ bytes: [UInt8]) {
  guard bytes.count >= 2 else { return }
  var contents = Array(bytes[2...].prefix(128))
  let families = [AF_INET, AF_INET6, AF_UNIX]
  if contents.count >= 2, Int(bytes[1]) < families.count {
    (contents[0], contents[1]) = (UInt8(families[Int(bytes[1])]), 0)
  }
  var address = KernelAddress()
  unsafe address.fill { memory, length in
    // SAFETY: the storage has 128 bytes.
    unsafe memory.copyMemory(from: contents, byteCount: contents.count)
    length = UInt32(bytes[0])
  }
  require(address.length <= 128, "\(address.length) bytes")
  if let name = address.socketAddress {
    require(SocketName(address) == .ip(name), "\(name) is a name")
    require(KernelAddress(name).socketAddress == name, "\(name) is encoded and decoded")
    require(SocketAddress(name.description) == name, "\(name) reads back")
  }
  if let name = address.unixAddress {
    require(name.bytes.count <= UnixAddress.capacity, "\(name.bytes.count) bytes")
    // The family with nothing behind it is what "unnamed" is encoded as; a lone zero is an empty abstract name.
    require(KernelAddress(name).unixAddress == name, "\(name) is encoded and decoded")
    if name.bytes.count < UnixAddress.capacity || !name.isPath {
      require(UnixAddress(name.description) == name || name.bytes.count > 107, "\(name) reads back")
    }
  }
}

/// Control messages: any bytes as those of a received datagram, and what they say encoded again.
func fuzzControl(_ bytes: [UInt8]) {
  let metadata = bytes.withRawSpan { span in
    var offset = 0
    while let message = ControlMessage.next(in: span, at: &offset) {
      require(message.data.upperBound <= bytes.count && offset > 0, "\(message) is inside")
      _ = message.integer(from: span)
    }
    return DatagramMetadata(control: span)
  }
  for isIPv6 in [false, true] {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: DatagramMetadata.controlCapacity,
      alignment: 8
    )
    defer { unsafe memory.deallocate() }
    guard let count = unsafe metadata.encode(into: memory, isIPv6: isIPv6) else { continue }
    let again = unsafe Array(memory[..<count]).withRawSpan { DatagramMetadata(control: $0) }
    // A source address is in another place of `in_pktinfo` than the destination; and an IPv4 one may be mapped.
    require(again.trafficClass == metadata.trafficClass, "\(metadata) is \(again)")
    require(again.hopLimit == metadata.hopLimit, "\(metadata) is \(again)")
    if isIPv6, case .v6(let address)? = metadata.localAddress?.unmapped {
      require(again.localAddress == .v6(address), "\(metadata) is \(again)")
      require(again.interface == metadata.interface, "\(metadata) is \(again)")
    }
  }
}

/// Control messages that may bring descriptors: each is taken once, and none is closed that is not there.
///
/// The bytes are as the kernel has filled them; numbers of descriptors in them are made ones that no process has.
func fuzzRights(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  var control = Array(bytes.dropFirst())
  var expected: [Int32] = []
  control.withMutableRawNumbers { number in
    number |= 0x4000_0000
    expected.append(number)
  }
  let capacity = Int(first)
  var taken: [Int32] = []
  unsafe control.withUnsafeMutableBytes { memory in
    var message = unsafe msghdr()
    unsafe message.msg_control = memory.baseAddress
    unsafe message.msg_controllen = memory.count
    taken = unsafe [Int32](unsafeUninitializedCapacity: capacity) { numbers, count in
      count = unsafe csockets_take_rights(&message, numbers.baseAddress, capacity)
    }
  }
  require(taken == Array(expected.prefix(capacity)), "\(taken) of \(expected)")
}

extension [UInt8] {
  /// Changes each descriptor's number in the messages, as far as they are sound: `SCM_RIGHTS` and `SCM_PIDFD`.
  fileprivate mutating func withMutableRawNumbers(_ body: (inout Int32) -> Void) {
    var places: [(place: Int, isRights: Bool)] = []
    withRawSpan { span in
      var offset = 0
      while let message = ControlMessage.next(in: span, at: &offset) {
        guard message.level == SOL_SOCKET, message.type == 1 || message.type == 4 else { continue }
        for place in stride(from: message.data.lowerBound, to: message.data.upperBound - 3, by: 4) {
          places.append((place, message.type == 1))
        }
      }
    }
    for (place, isRights) in places {
      var number = (0..<4).reduce(Int32(0)) { $0 | Int32(self[place + $1]) << (8 * Int32($1)) }
      number = number & 0x3FFF_FFFF
      if isRights { body(&number) } else { number |= 0x4000_0000 }
      for index in 0..<4 {
        self[place + index] = UInt8(truncatingIfNeeded: number >> (8 * Int32(index)))
      }
    }
  }
}
