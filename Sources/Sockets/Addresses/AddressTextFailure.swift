/// Why a text is not an address.
///
/// Cases carry only small values and are put into words on demand: a failable initialiser that
/// refuses a text therefore allocates nothing.
enum AddressTextFailure: Error, Equatable {
  case empty
  case tooLong
  case unexpected(byte: UInt8, offset: Int)
  case unexpectedEnd
  case numberMissing(offset: Int)
  case leadingZero(offset: Int)
  case octetTooLarge(offset: Int)
  case groupMissing(offset: Int)
  case groupTooLong(offset: Int)
  case tooFewGroups
  case tooManyGroups
  case secondGap(offset: Int)
  case emptyGap
  case zoneEmpty
  case zoneTooLong
  case zoneZero
  case zoneTooLarge
  case zoneUnknown(String)
  case zoneOnIPv4Mapped
  case zoneInPrefix
  case lengthMissing
  case lengthTooLarge(maximum: Int)
  case hostBitsSet(IPPrefix)
  case bracketsMissing
  case portMissing
  case portTooLarge
  case hostMissing
  case hostTooLong
  case hostIsNumber
  case hostNotASCII
  case bracketsWithoutIPv6
  case labelEmpty
  case labelTooLong
  case labelEdge
  case serviceMissing
  case serviceTooLong

  /// The end of the sentence that begins `"text" is not an address:`.
  var reason: String {
    switch self {
    case .empty: "it is empty"
    case .tooLong: "it is longer than any address"
    case .unexpected(let byte, let offset):
      "\(quoted(byte)) does not belong at offset \(offset)"
    case .unexpectedEnd: "it ends too early"
    case .numberMissing(let offset): "a number is missing at offset \(offset)"
    case .leadingZero(let offset):
      "the number at offset \(offset) has a leading zero, which some programs read as octal"
    case .octetTooLarge(let offset): "the number at offset \(offset) is greater than 255"
    case .groupMissing(let offset): "a group of hexadecimal digits is missing at offset \(offset)"
    case .groupTooLong(let offset): "the group at offset \(offset) has more than four digits"
    case .tooFewGroups: "it has fewer than eight groups and no \"::\""
    case .tooManyGroups: "it has more than eight groups"
    case .secondGap(let offset): "there is a second \"::\" at offset \(offset)"
    case .emptyGap: "its \"::\" stands for no group, as there are eight already"
    case .zoneEmpty: "the zone after \"%\" is empty"
    case .zoneTooLong: "the zone after \"%\" is longer than \(InterfaceName.maximumLength) bytes"
    case .zoneZero: "zone 0 is no network interface"
    case .zoneTooLarge: "the zone after \"%\" is greater than \(UInt32.max)"
    case .zoneUnknown(let name): "no network interface is named \"\(name)\""
    case .zoneOnIPv4Mapped: "an IPv4-mapped address has no zone"
    case .zoneInPrefix: "a prefix has no zone"
    case .lengthMissing: "the length, as in \"/24\", is missing"
    case .lengthTooLarge(let maximum): "the length is greater than \(maximum)"
    case .hostBitsSet(let prefix):
      "bits after the first \(prefix.length) are set; the prefix around it is \(prefix)"
    case .bracketsMissing: "with a port, an IPv6 address needs brackets, as in \"[::1]:80\""
    case .portMissing: "the port, as in \":80\", is missing"
    case .portTooLarge: "the port is greater than 65535"
    case .hostMissing: "the host is missing"
    case .hostTooLong: "the host name is longer than 253 bytes"
    case .hostIsNumber:
      "the host is a number that some programs read as an IP address, and is not written as one"
    case .hostNotASCII:
      "the host name is not ASCII; write its encoded form, which begins with \"xn--\""
    case .bracketsWithoutIPv6: "what follows \"[\" is no IPv6 address with a \"]\" behind it"
    case .labelEmpty: "a part of the host name between dots is empty"
    case .labelTooLong: "a part of the host name between dots is longer than 63 bytes"
    case .labelEdge: "a part of the host name between dots begins or ends with \"-\""
    case .serviceMissing: "the port or service, as in \":80\" or \":http\", is missing"
    case .serviceTooLong: "the service name is longer than 32 bytes"
    }
  }

  private func quoted(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: " "): "a space"
    case 0x21...0x7E: "\"\(Unicode.Scalar(byte).escaped(asASCII: true))\""
    case 0x80...: "a character that is not ASCII"
    default: "a control character"
    }
  }
}
