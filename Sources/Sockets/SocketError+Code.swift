extension SocketError {
  /// A named reason.
  ///
  /// The set is open: a later version may add names, so a `switch` needs a `default`. An error of
  /// the kernel that has no name here is ``other``, with its number in ``SocketError/errno``.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The reason in words, as it reads in a log.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The address is already bound by another socket (`EADDRINUSE`).
    public static let addressInUse = Code("address in use")
    /// This machine has no such address, or no free port to connect from (`EADDRNOTAVAIL`).
    public static let addressNotAvailable = Code("address not available")
    /// A privileged port, or a firewall, forbids it (`EACCES`, `EPERM`).
    public static let permissionDenied = Code("permission denied")
    /// Nothing listens at the remote address (`ECONNREFUSED`).
    public static let connectionRefused = Code("connection refused")
    /// The peer aborted the connection (`ECONNRESET`).
    ///
    /// Sticky: never followed by a clean end.
    public static let connectionReset = Code("connection reset by peer")
    /// The connection was aborted before it was accepted (`ECONNABORTED`).
    public static let connectionAborted = Code("connection aborted")
    /// The peer no longer takes what is written (`EPIPE`), or ``SocketConnection/finish(deadline:)`` was
    /// called before the write.
    public static let brokenPipe = Code("broken pipe")
    /// The socket has no peer (`ENOTCONN`), and the datagram no destination (`EDESTADDRREQ`).
    public static let notConnected = Code("not connected")
    /// The deadline passed (`errno` is `nil`), or the kernel gave the peer up (`ETIMEDOUT`).
    public static let timedOut = Code("timed out")
    /// The program closed this socket, or stopped its reactor.
    public static let closed = Code("closed")
    /// A second read was begun while one was in progress; the first one is unharmed.
    public static let concurrentRead = Code("another read is in progress")
    /// A write was cancelled after the kernel took a part of it: see ``SocketError/bytesWritten``.
    ///
    /// Or so was a batch of datagrams: see ``SocketError/detail``.
    public static let cancelled = Code("cancelled")
    /// The stream ended before the number of bytes asked for had arrived; those that did arrive
    /// can still be read.
    public static let unexpectedEndOfStream = Code("unexpected end of stream")
    /// What came before anything else is no header of the PROXY protocol; ``SocketError/detail`` says
    /// what is wrong with it.
    public static let invalidProxyHeader = Code("invalid PROXY protocol header")
    /// A line, a frame, or whatever else was asked for is longer than its limit.
    ///
    /// Nothing of it was taken out of the stream, nor written; the other direction is as it was.
    public static let limitExceeded = Code("limit exceeded")
    /// The bytes, or the frame to be written, are not what the framing in use allows.
    ///
    /// Nothing of it was taken out of the stream, nor written.
    public static let malformedFrame = Code("malformed frame")
    /// No route to the host, or the host is down (`EHOSTUNREACH`, `EHOSTDOWN`).
    public static let hostUnreachable = Code("host unreachable")
    /// No route to the network, or the network is down (`ENETUNREACH`, `ENETDOWN`).
    public static let networkUnreachable = Code("network unreachable")
    /// The process or the system has no descriptor left (`EMFILE`, `ENFILE`).
    public static let tooManyOpenFiles = Code("too many open files")
    /// The kernel has no memory for it (`ENOBUFS`, `ENOMEM`).
    public static let noBufferSpace = Code("no buffer space")
    /// The message is larger than the socket can send at once (`EMSGSIZE`).
    public static let messageTooLong = Code("message too long")
    /// The kernel rejects an argument (`EINVAL`).
    public static let invalidArgument = Code("invalid argument")
    /// No file has the path of a Unix-domain address, or its directory does not exist (`ENOENT`).
    public static let fileNotFound = Code("no such file or directory")
    /// The text is not an address; ``SocketError/detail`` quotes it.
    public static let invalidAddress = Code("invalid address")
    /// The system has no such address family, protocol, operation or option (`EAFNOSUPPORT`,
    /// `EPROTONOSUPPORT`, `EOPNOTSUPP`, `ENOPROTOOPT`).
    public static let notSupported = Code("not supported")
    /// No such host name, or it has no address (`EAI_NONAME`, `EAI_NODATA`).
    public static let nameNotFound = Code("name not found")
    /// No such service name (`EAI_SERVICE`).
    public static let serviceNotFound = Code("service not found")
    /// The name could not be looked up now, and may be later: no name server answers (`EAI_AGAIN`).
    public static let nameServerUnavailable = Code("name server unavailable")
    /// The name could not be looked up, and trying again will not help (`EAI_FAIL`).
    public static let nameResolutionFailed = Code("name resolution failed")
    /// Too many names wait to be looked up already.
    public static let resolverBusy = Code("too many look-ups are waiting")
    /// An error of the kernel that has no name here.
    public static let other = Code("failed")
  }

  /// A call that can fail, named after the Berkeley call where there is one.
  public struct Operation: Hashable, Sendable, CustomStringConvertible {
    /// The operation's name, as it reads in a log.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// Making a socket, `socket(2)`.
    public static let socket = Operation("socket")
    /// Naming a socket, `bind(2)`.
    public static let bind = Operation("bind")
    /// Starting to listen, `listen(2)`.
    public static let listen = Operation("listen")
    /// Taking a connection from the queue, `accept4(2)`.
    public static let accept = Operation("accept")
    /// Establishing a connection, `connect(2)`.
    public static let connect = Operation("connect")
    /// Reading, `recv(2)`.
    public static let read = Operation("read")
    /// Writing, `send(2)`.
    public static let write = Operation("write")
    /// Sending a datagram, `sendmsg(2)`, or a batch of them, `sendmmsg(2)`.
    public static let send = Operation("send")
    /// Receiving a datagram, `recvmsg(2)`, or a batch of them, `recvmmsg(2)`.
    public static let receive = Operation("receive")
    /// Joining or leaving a multicast group, `setsockopt(2)`.
    public static let multicast = Operation("multicast")
    /// Ending the outgoing stream, `shutdown(2)`.
    public static let finish = Operation("finish")
    /// Sending a file, `sendfile(2)`.
    public static let sendFile = Operation("sendfile")
    /// Moving bytes from one stream to another, ``relay(_:_:idleLimit:deadline:traffic:)``.
    public static let relay = Operation("relay")
    /// Setting or getting an option, `setsockopt(2)`.
    public static let option = Operation("socket option")
    /// Taking over a descriptor that another part of the program has opened, `getsockopt(2)`.
    public static let adopt = Operation("adopt")
    /// Waiting for readiness, `epoll(7)`.
    public static let wait = Operation("wait")
    /// Starting a reactor, or registering with one, `epoll_create1(2)`, `epoll_ctl(2)`.
    public static let reactor = Operation("reactor")
    /// Duplicating a descriptor, `fcntl(2)`.
    public static let descriptor = Operation("descriptor")
    /// Looking up a name, `getaddrinfo(3)`, `getnameinfo(3)`.
    public static let resolve = Operation("resolve")
    /// Listing the network interfaces, `getifaddrs(3)`.
    public static let listInterfaces = Operation("list interfaces")
    /// Reading an address from text.
    public static let parse = Operation("parse")
  }
}

extension SocketError: CustomStringConvertible {
  /// One line: operation, addresses, reason, and the kernel's name and number for it.
  public var description: String {
    var text = operation.description
    switch (localAddress, remoteAddress) {
    case (let local?, let remote?): text += " \(local) -> \(remote)"
    case (let local?, nil): text += " \(local)"
    case (nil, let remote?): text += " to \(remote)"
    case (nil, nil): if let connectTimeline { text += " to \(connectTimeline.endpoint)" }
    }
    text += ": \(code)"
    if let detail { text += ": \(detail)" }
    if let bytesWritten { text += ", \(bytesWritten) bytes written" }
    if let errno { text += " (\(Errno(errno)))" }
    return text
  }
}
