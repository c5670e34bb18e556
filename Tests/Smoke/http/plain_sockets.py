"""What HTTPServer does with requests that no decent client sends, with slow clients, and when it is to end.

    plain_sockets.py requests|limits|drain PROCESS PORT ROOT
"""

import os
import re
import signal
import socket
import struct
import sys
import threading
import time

PATIENCE = 20
part, process, port, root = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


class Failure(Exception):
    pass


class Client:
    def __init__(self, data=b"", receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.send(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        piece = self.socket.recv(1 << 16)
        self.unread += piece
        return piece

    def head(self):
        while b"\r\n\r\n" not in self.unread:
            if not self.more():
                raise Failure(f"the end, after {self.unread!r}")
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        version, code = lines[0].split(" ")[:2]
        equal("the version", version, "HTTP/1.1")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        return int(code), fields

    def answer(self, is_head=False):
        """An answer: code, fields, body."""
        code, fields = self.head()
        length = 0 if is_head else int(fields["content-length"])
        while len(self.unread) < length:
            if not self.more():
                raise Failure(f"the end, after {len(self.unread)} bytes of {length}")
        body, self.unread = self.unread[:length], self.unread[length:]
        return code, fields, body

    def expect(self, code, *, closes=False, **more):
        got, fields, body = self.answer(**more)
        equal("the code", got, code)
        equal("Connection", fields.get("connection"), "close" if closes else None)
        if closes:
            self.expect_end()
        return body

    def expect_end(self):
        while self.more():
            pass
        equal("what is left", self.unread, b"")

    def expect_cut(self):
        """A reset, or an end amid something."""
        try:
            while self.more():
                pass
        except ConnectionResetError:
            pass


def equal(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what}: {got!r}, not {wanted!r}")


def get(path, version="1.1", fields="", method="GET"):
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{fields}\r\n".encode()


def post(body, fields="", path="/echo"):
    length = f"Content-Length: {len(body)}\r\n{fields}"
    return get(path, fields=length, method="POST") + body


def chunked(body, fields="", path="/echo"):
    return get(path, fields=f"Transfer-Encoding: chunked\r\n{fields}", method="POST") + body


HELLO = b"Hello, world!\n"


# Requests that are refused, each with the connection.
REFUSED = {
    "a bare LF": (b"GET /hello HTTP/1.1\nHost: x\n\n", 400),
    "a bare LF behind a field": (b"GET /hello HTTP/1.1\r\nHost: x\n\r\n", 400),
    "a field continued": (get("/hello", fields="A: b\r\n c\r\n"), 400),
    "space before a colon": (get("/hello", fields="A : b\r\n"), 400),
    "NUL": (get("/hello", fields="A: b\0\r\n"), 400),
    "no host": (b"GET /hello HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get("/hello", fields="Host: y\r\n"), 400),
    "two lengths": (post(b"hello", "Content-Length: 6\r\n"), 400),
    "a length and chunks": (chunked(b"0\r\n\r\n", "Content-Length: 5\r\n"), 400),
    "chunks in HTTP/1.0": (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks twice": (chunked(b"0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 400),
    "another coding": (get("/echo", fields="Transfer-Encoding: gzip, chunked\r\n", method="POST"), 501),
    "a size that is none": (chunked(b"x\r\n"), 400),
    "a size with a sign": (chunked(b"-1\r\n"), 400),
    "a size that is too large": (chunked(b"fffffffffffffffff\r\n"), 400),
    "a size with a bare LF": (chunked(b"5\nhello\r\n0\r\n\r\n"), 400),
    "chunks for nobody, and then none": (chunked(b"5\r\nhello!\r\n", path="/none"), 400),
    "another expectation": (get("/hello", fields="Expect: more\r\n"), 417),
    "another version": (get("/hello", version="2.0"), 505),
    "HTTP/0.9": (b"GET /hello\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(16) + b"\r\n", 400),
    "a long line": (get("/" + "a" * 9000), 414),
    "a line without an end": (b"GET /" + b"a" * 17000, 414),
    "many fields": (get("/hello", fields="A: b\r\n" * 101), 431),
    "large fields": (get("/hello", fields=f"A: {'b' * 7000}\r\n" * 3), 431),
    "a body that is too large": (get("/echo", fields="Content-Length: 99999999999\r\n", method="POST"), 413),
}


def refused():
    for what, (data, code) in REFUSED.items():
        with Client(data) as client:
            try:
                client.expect(code, closes=True)
            except (Failure, OSError) as failure:
                raise Failure(f"{what}: {failure}") from None
    print(f"ok: {len(REFUSED)} bad requests are refused")


def data_segments(client):
    """How many segments with data have come: tcpi_data_segs_in."""
    info = client.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    return struct.unpack_from("I", info, 152)[0]


def pipelined():
    with Client(get("/hello") * 50) as client:
        for _ in range(50):
            equal("a body", client.expect(200), HELLO)
        equal("segments with data", data_segments(client), 1)
        bodies = [b"a" * size for size in (1, 0, 20_000, 5, 70_000, 3)]
        client.send(b"".join(map(post, bodies)) + get("/large") + get("/hello"))
        for body in bodies:
            equal("a body", client.expect(200), body)
        with open(f"{root}/large", "rb") as file:
            equal("a file", client.expect(200), file.read())
        equal("a body", client.expect(200), HELLO)
        # A refusal comes in its turn, and nothing behind it is looked at.
        client.send(get("/hello") + get("/none") + b"\0\r\n\r\n" + get("/hello"))
        equal("a body", client.expect(200), HELLO)
        client.expect(404)
        client.expect(400, closes=True)
    print("ok: pipelined requests")


def pieces():
    whole = post(b"hello", "X: y\r\n") + chunked(b"2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n")
    with Client() as client:
        for byte in whole:
            client.send(bytes([byte]))
        equal("a body", client.expect(200), b"hello")
        code, fields = client.head()
        equal("an echo", (code, fields["transfer-encoding"]), (200, "chunked"))
        while not client.unread.endswith(b"0\r\n\r\n"):
            client.more()
        found = re.sub(rb"[0-9a-f]+\r\n(.*?)\r\n", rb"\1", client.unread)
        equal("its chunks", found, b"hello")
        client.unread = b""
        # An answer does not wait for the rest of the next request.
        client.send(get("/hello") + get("/stats")[:20])
        equal("a body", client.expect(200), HELLO)
        client.send(get("/stats")[20:])
        client.expect(200)
        client.send(b"\r\n" + get("/hello") + b"\r\n")  # neither does it for what is left of one
        equal("a body", client.expect(200), HELLO)
    print("ok: requests in pieces")


def versions():
    with Client(b"GET /hello HTTP/1.0\r\n\r\n") as client:
        equal("a body", client.expect(200, closes=True), HELLO)
    with Client(b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2) as client:
        for _ in range(2):
            code, fields, _ = client.answer()
            equal("HTTP/1.0 kept", (code, fields["connection"]), (200, "keep-alive"))
    with Client(get("/hello", fields="Connection: close\r\n") + get("/hello")) as client:
        client.expect(200, closes=True)
    with Client(get("/large", method="HEAD") + get("/hello")) as client:
        client.expect(200, is_head=True)
        client.expect(200)
    with Client(get("http://elsewhere/hello")) as client:
        client.expect(200)
        client.socket.shutdown(socket.SHUT_WR)
        client.expect_end()
    with Client(get("/hello")) as client:
        client.socket.shutdown(socket.SHUT_WR)
        client.expect(200)
        client.expect_end()
    print("ok: versions, and who ends")


def expectations():
    wait = "Expect: 100-continue\r\nContent-Length: 5\r\n"
    with Client(get("/echo", fields=wait, method="POST")) as client:
        equal("a word first", client.head()[0], 100)
        client.send(b"hello")
        equal("a body", client.expect(200), b"hello")
        client.send(post(b"hello", "Expect: 100-continue\r\n"))
        equal("no word needed", client.expect(200), b"hello")
    with Client(get("/hello", fields=wait)) as client:
        equal("no word", client.expect(200, closes=True), HELLO)
    with Client(post(b"a" * 100_000, path="/hello")) as client:
        client.expect(405, closes=True)
    with Client(post(b"a" * 1000, path="/hello") + get("/hello")) as client:
        client.expect(405)
        client.expect(200)
    print("ok: bodies that are asked for, and others")


def shortened():
    path = f"{root}/shortened"
    with open(path, "wb") as file:
        file.truncate(1 << 28)
    with Client(get("/shortened"), receive_buffer=4096) as client:
        client.head()
        os.truncate(path, 1 << 20)
        client.expect_cut()
        if len(client.unread) >= 1 << 28:
            raise Failure("a file that became shorter was made up")
    os.remove(path)
    with Client(get("/large")) as client:  # a client that goes amid an answer
        client.head()
    print("ok: what breaks off amid a file")


def no_answer_before_the_time():
    began = time.monotonic()
    with Client() as client:
        client.expect_end()
    if time.monotonic() - began < 0.9:
        raise Failure("the first byte has to come too soon")


def half_a_head():
    with Client(get("/hello")[:-4]) as client:
        client.expect(408, closes=True)


def in_drops(begin, drop):
    """A request that never stands still, and gets nowhere."""
    with Client(begin) as client:
        try:
            while True:
                client.send(drop)
                client.socket.settimeout(0.1)
                try:
                    client.more()
                    break
                except TimeoutError:
                    pass
        except OSError:
            pass
        if not client.unread.startswith(b"HTTP/1.1 408 "):
            raise Failure(f"a request in drops: {client.unread!r}")


def a_head_in_drops():
    in_drops(b"GET", b"x")


def bodies_in_drops():
    in_drops(post(b"x" * 10_000, path="/none")[:-9_000], b"x")
    in_drops(chunked(b"", path="/none"), b"1;a\r\nx\r\n")


def half_a_body():
    with Client(post(b"hello", path="/none")[:-1]) as client:
        client.expect(408, closes=True)
    with Client(post(b"hello")[:-1]) as client:  # its first half has been sent back
        client.head()
        client.expect_cut()


def an_idle_client():
    with Client(get("/hello")) as client:
        client.expect(200)
        began = time.monotonic()
        client.expect_end()
        if time.monotonic() - began < 1.9:
            raise Failure("an idle client was let go too soon")


def a_client_that_does_not_read():
    with Client(get("/large") * 4, receive_buffer=4096) as client:
        time.sleep(4)
        client.expect_cut()
        if len(client.unread) >= 20_000_000:
            raise Failure("a client that does not read was waited for")


def large_bodies():
    with Client(get("/echo", fields="Content-Length: 100001\r\n", method="POST")) as client:
        client.expect(413, closes=True)
    with Client(chunked(b"186a1\r\n")) as client:
        client.expect(413, closes=True)
    with Client(chunked(b"1\r\na\r\n186a0\r\n")) as client:
        client.expect_cut()
    with Client(post(b"a" * 100_000)) as client:
        client.expect(200)


def together(*parts):
    failures = []

    def run(part):
        try:
            part()
        except (Failure, OSError) as failure:
            failures.append(f"{part.__name__}: {failure}")

    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Failure("; ".join(failures))
    print(f"ok: {len(parts)} tests of patience")


def drained():
    idle, busy, begun = Client(get("/hello")), Client(post(b"hello")[:-1]), Client(get("/hello"))
    for client in (idle, begun):
        client.expect(200)
    busy.head()
    begun.send(get("/stats")[:10])
    time.sleep(0.5)
    os.kill(process, signal.SIGTERM)
    idle.expect_end()
    begun.send(get("/stats")[10:])
    begun.expect(200, closes=True)
    busy.send(b"o" + get("/hello"))
    while not busy.unread.startswith(b"hello"):
        busy.more()
    busy.unread = busy.unread[5:]
    busy.expect(200, closes=True)
    for client in (idle, busy, begun):
        client.socket.close()
    print("ok: drained")


def descriptors():
    return len(os.listdir(f"/proc/{process}/fd"))


def main():
    before = descriptors()
    if part == "requests":
        for test in (refused, pipelined, pieces, versions, expectations, shortened):
            test()
    elif part == "limits":
        together(
            no_answer_before_the_time,
            half_a_head,
            a_head_in_drops,
            bodies_in_drops,
            half_a_body,
            an_idle_client,
            a_client_that_does_not_read,
            large_bodies,
        )
    else:
        return drained()
    deadline = time.monotonic() + PATIENCE
    while descriptors() > before:
        if time.monotonic() > deadline:
            raise Failure(f"{descriptors() - before} descriptors are left")
        time.sleep(0.01)


try:
    main()
except (Failure, OSError) as failure:
    sys.exit(f"FAILED: {failure}")
