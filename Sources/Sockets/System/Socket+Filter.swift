internal import CSockets
internal import Glibc

extension Socket {
  /// Makes the kernel drop requests for new connections, while those it has queued can be accepted.
  ///
  /// A client whose request is dropped sends it again after a second and is refused, the socket being
  /// closed by then. Without this, a client that comes between the last `accept` and `close` is
  /// connected first and reset right after. Connections that are accepted inherit the filter, which lets
  /// all of theirs pass.
  ///
  /// C: `setsockopt(2)` with `SO_ATTACH_FILTER`; the program sees the TCP header (`socket(7)`, and
  /// "Linux Socket Filtering" in the kernel's documentation).
  func refuseNewConnections() throws(Errno) {
    // SYN without ACK: the thirteenth byte of the header holds the flags.
    let flags: UInt32 = 13
    let (syn, ack): (UInt32, UInt32) = (0x02, 0x10)
    let load = UInt16(BPF_LD | BPF_B | BPF_ABS)
    let and = UInt16(BPF_ALU | BPF_AND | BPF_K)
    let jumpIfEqual = UInt16(BPF_JMP | BPF_JEQ | BPF_K)
    let result = UInt16(BPF_RET | BPF_K)
    let program: [sock_filter] = [
      sock_filter(code: load, jt: 0, jf: 0, k: flags),
      sock_filter(code: and, jt: 0, jf: 0, k: syn | ack),
      sock_filter(code: jumpIfEqual, jt: 0, jf: 1, k: syn),
      sock_filter(code: result, jt: 0, jf: 0, k: 0),
      sock_filter(code: result, jt: 0, jf: 0, k: .max),  // all of it, however long
    ]
    _ = try retryingOnInterrupt {
      unsafe program.withUnsafeBufferPointer { program in
        // SAFETY: the kernel copies the program and does not write through the pointer.
        let instructions = unsafe UnsafeMutablePointer(mutating: program.baseAddress)
        let argument = unsafe sock_fprog(len: UInt16(program.count), filter: instructions)
        return unsafe withUnsafeBytes(of: argument) {
          unsafe kernel.call.setOption(number, SOL_SOCKET, SO_ATTACH_FILTER, $0)
        }
      }
    }
  }
}
