/// A part of a file on its way to a socket.
struct FileTransfer {
  /// The file's descriptor.
  private let file: Int32

  private let offset: Int

  /// How many bytes; `.max` for all to the file's end.
  private let count: Int

  /// Whether bytes are copied: the kernel does not send this file by itself, or it is so small that this
  /// costs less.
  private var copies: Bool

  /// How many bytes the socket has.
  private(set) var sent = 0

  /// Whether the last call moved less than it could.
  private var wasShort = false

  /// Why the rest cannot be sent, if it is the file that is to blame; `noData` if it has ended.
  private(set) var fault: Errno?

  /// The most that one system call sends: it reads what is not in memory from the disk meanwhile, and
  /// holds the thread.
  private static let bytesPerCall = 1 << 18

  init(_ file: Int32, from offset: Int, _ count: Int) {
    self.file = file
    self.offset = offset
    self.count = count
    copies = count <= Stream.chunkSize
  }

  /// Sends the next bytes: four calls at most, then others have their turn, and a cancellation is seen.
  mutating func attempt(_ socket: Socket, _ stream: Stream) -> Registration.Attempt {
    if let refusal = stream.refusal() { return .failed(refusal) }
    for _ in 0..<4 {
      if sent == count { return .done(sent, usedUp: .no) }
      let limit = min(count - sent, Self.bytesPerCall)
      var result: Int
      if copies {
        result = copy(limit, to: socket, stream.registration.loop)
      } else {
        let hasEnded = stream.registration.ends.contains(.incoming)
        result = socket.send(file: file, from: offset + sent, limit)
        if wasShort, !hasEnded { result = Stream.resultAfterShort(result) }
      }
      wasShort = result > 0 && result < limit
      if result > 0 {
        sent += result
        stream.registration.count(result, .write)
      } else if let fault {
        return .failed(fault)
      } else if result == 0 {
        if count == .max { return .done(sent, usedUp: .no) }
        fault = .noData
        return .failed(.noData)
      } else if !copies, Errno(Int32(-result)).concernsFile {
        copies = true  // reading tells what it is with the file, if that does not do either
      } else {
        return Registration.Attempt(stream.checkedWrite(result))
      }
    }
    return sent == count ? .done(sent, usedUp: .no) : .again(.no)
  }

  /// Reads and writes; what the socket does not take is read again the next time.
  private mutating func copy(_ limit: Int, to socket: Socket, _ loop: EventLoop) -> Int {
    var bytes: [UInt8] = []
    loop.buffers.lend(&bytes)
    defer { loop.buffers.giveBack(&bytes) }
    let limit = min(limit, Stream.chunkSize)
    let result = RegularFile.read(
      file,
      at: offset + sent,
      appendingTo: &bytes,
      upTo: limit,
      socket.kernel
    )
    if result < 0 { fault = Errno(Int32(-result)) }
    return result > 0 ? socket.send(bytes.span, after: 0) : result
  }
}
