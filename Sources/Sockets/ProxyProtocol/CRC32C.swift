/// The checksum of iSCSI and SCTP (RFC 9260, appendix A): CRC-32 with the Castagnoli polynomial.
struct CRC32C {
  private var state: UInt32 = .max

  /// The checksum of the bytes so far.
  var value: UInt32 { ~state }

  /// Goes on with more bytes.
  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
    }
  }

  /// What the lowest eight bits of the state do to the rest.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { state, _ in
      state & 1 == 0 ? state >> 1 : 0x82F6_3B78 ^ (state >> 1)
    }
  }
}
