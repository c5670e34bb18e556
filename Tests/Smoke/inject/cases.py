"""What is done to whom, and what is to come of it."""

from dataclasses import dataclass

# What is to come of it:
#   served   every client is served as if nothing were wrong
#   clients  the clients whose own calls failed may fail; everybody else is served, and whoever comes later
#   once     a client whose connection was not closed waits, but no number is closed again, which may be another's by then
#   paused   nobody is served as long as it lasts, at no cost
#   fatal    the server says why in one line, with the error's name, and ends with 1
#   trap     the library says why, with the error's name, and ends the process: nothing could ever work again


@dataclass(frozen=True)
class Case:
    server: str
    call: str
    error: str
    when: str
    expected: str
    is_brief: bool = False
    # What strace is told, if it is more than an error.
    what: str = ""

    @property
    def inject(self):
        return f"{self.call}:{self.what or 'error=' + self.error}:when={self.when}"


def each(server, call, errors, when, expected, brief=()):
    return [Case(server, call, error, when, expected, error in brief) for error in errors.split()]


def slow(server, calls, what, brief=False):
    return [Case(server, calls, "", "1+", "served", brief, what)]


OF_A_CLIENT = (
    "ECONNABORTED EPROTO EPERM ENETDOWN ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH EOPNOTSUPP ENETUNREACH"
    " ETIMEDOUT ECONNRESET"
)
OF_RESOURCES = "EMFILE ENFILE ENOBUFS ENOMEM"
OF_A_STREAM = "ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOBUFS ENOMEM EIO"
STREAMS = ("echo", "http", "key-value", "chat", "relay")

# strace makes the result up, and the call is not made. That a connection is over cannot be made up for a relay: when
# one direction has failed it waits for the end of the other, which is certain once the kernel says such a thing.

CASES = [
    # Accepting. Each third call fails: the client stays in the queue.
    *each("echo", "accept4", OF_A_CLIENT, "1+3", "served", ("ECONNABORTED", "EPERM")),
    *each("echo", "accept4", OF_RESOURCES, "2..6", "served", ("EMFILE",)),
    *each("echo", "accept4", OF_RESOURCES, "2+", "paused", ("ENFILE",)),
    *each("echo", "accept4", "EINTR", "1+2", "served", ("EINTR",)),
    *each("echo", "accept4", "EINVAL EBADF ENOTSOCK EFAULT", "3", "fatal", ("EINVAL",)),
    *[
        case
        for server in ("http", "key-value", "chat", "relay")
        for case in each(server, "accept4", "ECONNABORTED EMFILE", "1+3", "served", ("EMFILE",) * (server == "http"))
        + each(server, "accept4", "EINVAL", "3", "fatal", ("EINVAL",) * (server == "http"))
    ],
    # Starting. The first eventfd is libdispatch's, which traps without.
    *[
        case
        for server in ("echo", "http", "udp")
        for case in each(server, "socket", "EMFILE EAFNOSUPPORT EACCES ENOBUFS", "1+", "fatal")
        + each(server, "bind", "EADDRINUSE EACCES EADDRNOTAVAIL", "1", "fatal")
        + each(server, "epoll_create1", "EMFILE ENOMEM", "1+", "fatal")
        + each(server, "eventfd2", "EMFILE", "2+", "fatal")
        + each(server, "epoll_ctl", "ENOMEM ENOSPC", "1+", "fatal")
    ],
    *each("echo", "socket", "EMFILE", "1+", "fatal", ("EMFILE",)),
    *each("echo", "listen", "EADDRINUSE EOPNOTSUPP", "1", "fatal", ("EADDRINUSE",)),
    *each("echo", "bind,listen,socket,epoll_create1,setsockopt,getsockname", "EINTR", "1+2", "served"),
    *each("echo", "getsockname", "ENOBUFS", "1", "fatal"),
    *each("echo", "setsockopt", "ENOPROTOOPT ENOMEM", "1", "fatal"),
    *each("echo", "clone3,clone", "EAGAIN", "1+", "fatal"),
    # A connection that cannot be watched.
    *each("echo", "epoll_ctl", "ENOMEM ENOSPC", "9+5", "clients", ("ENOMEM",)),
    *each("echo", "epoll_ctl", "EINTR", "1+2", "served"),
    # Reading and writing.
    *each("echo", "recvfrom", OF_A_STREAM, "8+23", "clients", ("ECONNRESET",)),
    *each("echo", "sendto", OF_A_STREAM + " EPIPE", "8+23", "clients", ("EPIPE", "ENOBUFS")),
    *[
        case
        for server in STREAMS
        for call in ("recvfrom", "recvmsg", "sendto", "sendmsg", "sendfile", "splice")
        for case in each(server, call, "EINTR", "1+2", "served", ("EINTR",) * (server == "echo"))
        + each(server, call, "ECONNRESET", "3+7", "clients")
        + (each(server, call, "EPIPE", "3+7", "clients") if "recv" not in call else [])
        if server != "relay" or "recv" in call or case.error == "EINTR"
    ],
    *each("http", "sendfile", "EIO ENOMEM EINVAL", "2+3", "clients", ("EIO",)),
    *each("relay", "splice", "EINVAL ENOMEM EIO", "3+9", "clients"),
    *each("relay", "pipe2", "EMFILE ENFILE", "1+2", "served", ("EMFILE",)),
    # Connecting onwards.
    *each(
        "relay",
        "connect",
        "ECONNREFUSED ETIMEDOUT ENETUNREACH EADDRNOTAVAIL EACCES EINTR",
        "2+3",
        "clients",
        ("ECONNREFUSED",),
    ),
    *each("relay", "socket", "EMFILE ENFILE ENOBUFS", "3+3", "clients", ("EMFILE",)),
    *each("relay", "getsockopt", "ENOBUFS EINTR", "2+3", "clients"),
    # Ending. The loader's own closes come first.
    *each("echo", "shutdown", "ENOTCONN EINTR", "1+2", "served"),
    *each("http", "shutdown", "ENOTCONN EINTR", "1+2", "served"),
    *each("relay", "shutdown", "EINTR", "1+2", "served"),
    *each("echo", "setsockopt", "EINVAL ENOMEM", "6+3", "served"),
    *[
        case
        for server in STREAMS
        for case in each(server, "close", "EINTR EIO", "30+2", "once", ("EINTR",) * (server == "echo"))
    ],
    # The loop.
    *[
        case
        for server in (*STREAMS, "udp")
        for case in each(server, "epoll_wait", "EINTR", "1+2", "served", ("EINTR",) * (server == "echo"))
    ],
    *each("echo", "epoll_wait", "EBADF EINVAL", "9+", "trap", ("EBADF",)),
    # Datagrams.
    *each("udp", "recvmsg", "ECONNREFUSED EHOSTUNREACH ENOMEM ENOBUFS EINTR", "2+3", "served", ("ECONNREFUSED",)),
    *each(
        "udp",
        "sendmsg",
        "ECONNREFUSED EHOSTUNREACH ENETUNREACH EPERM ENOBUFS ENOMEM EMSGSIZE EINVAL EINTR",
        "2+3",
        "served",
        ("ENOBUFS",),
    ),
    *each("udp-batch", "recvmmsg", "EINTR", "2+3", "served"),
    *each("udp-batch", "recvmmsg", "ENOMEM", "2", "fatal"),  # thrown, and this sample does not go on
    *each("udp-batch", "sendmmsg", "ECONNREFUSED EPERM ENOBUFS EINTR", "2+3", "served", ("EPERM",)),
    # Races made wider, in microseconds.
    *[
        case
        for server in STREAMS
        for case in slow(server, "recvfrom,recvmsg,accept4", "delay_exit=2000", server == "echo")
        + slow(server, "sendto,sendmsg,sendfile,splice", "delay_exit=2000")
        + slow(server, "epoll_wait", "delay_exit=1000", server == "http")
        + slow(server, "epoll_ctl,close,shutdown", "delay_enter=3000")
    ],
    *slow("udp", "recvmsg,sendmsg,epoll_wait", "delay_exit=1000"),
]
