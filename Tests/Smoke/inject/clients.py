"""Clients of the samples' servers, on plain sockets: each has one conversation, which works as a whole or fails."""

import random
import socket
import threading
import time


class Wrong(Exception):
    """The server has answered, and not as it should."""


class Closed(Exception):
    """The server has ended the connection before the end of the conversation."""


def connect(port, patience):
    peer = socket.create_connection(("127.0.0.1", port), timeout=patience)
    return peer


def receive(peer, count):
    data = bytearray()
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            raise Closed(f"after {len(data)} of {count} bytes")
        data += piece
    return bytes(data)


def receive_until(peer, end):
    data = bytearray()
    while not data.endswith(end):
        data += receive(peer, 1)
    return bytes(data)


def expect(found, wanted):
    if found != wanted:
        raise Wrong(f"{found[:40]!r}, not {wanted[:40]!r}")


def echo(port, patience):
    """Small pieces, then more than the buffers hold, both ways at once; then the end, both ways."""
    with connect(port, patience) as peer:
        for _ in range(5):
            data = random.randbytes(random.randint(1, 2000))
            peer.sendall(data)
            expect(receive(peer, len(data)), data)
        data = random.randbytes(300_000)
        sender = threading.Thread(target=send_quietly, args=(peer, data), daemon=True)
        sender.start()
        expect(receive(peer, len(data)), data)
        sender.join()
        peer.shutdown(socket.SHUT_WR)
        expect(peer.recv(1), b"")


def send_quietly(peer, data):
    try:
        peer.sendall(data)
    except OSError:
        pass  # who receives sees it too


def http(port, patience):
    with connect(port, patience) as peer:
        for _ in range(3):
            peer.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            answer(peer)
        body = random.randbytes(50_000)
        head = f"PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        peer.sendall(head.encode() + body)
        expect(answer(peer), body)
        peer.sendall(b"GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        expect(answer(peer), FILE)
        expect(peer.recv(1), b"")


FILE = random.Random(1).randbytes(400_000)


def answer(peer):
    """The body of an answer."""
    head = receive_until(peer, b"\r\n\r\n").decode().lower()
    if not head.startswith("http/1.1 200"):
        raise Wrong(head.partition("\r\n")[0])
    if "transfer-encoding: chunked" in head:
        body = bytearray()
        while size := int(receive_until(peer, b"\r\n"), 16):
            body += receive(peer, size)
            expect(receive(peer, 2), b"\r\n")
        expect(receive(peer, 2), b"\r\n")
        return bytes(body)
    return receive(peer, int(head.partition("content-length:")[2].partition("\r\n")[0]))


def key_value(port, patience):
    with connect(port, patience) as peer:
        key, value = random.randbytes(8).hex().encode(), random.randbytes(40_000)
        for words, reply in (
            ((b"PING",), b"+PONG\r\n"),
            ((b"SET", key, value), b"+OK\r\n"),
            ((b"GET", key), b"$%d\r\n%s\r\n" % (len(value), value)),
            ((b"DEL", key), b":1\r\n"),
        ):
            peer.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            expect(receive(peer, len(reply)), reply)


def chat(port, patience):
    with connect(port, patience) as peer:
        receive_until(peer, b"/help helps\n")
        name = "n" + random.randbytes(4).hex()
        peer.sendall(f"/nick {name}\n".encode())
        while name.encode() not in receive_until(peer, b"\n"):
            pass
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(4096):
            pass


def udp(port, patience):
    """Datagrams, each sent again if no answer comes: losing one is allowed, staying silent is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(0.3)
        for size in (1, 1000, 30_000):
            data = random.randbytes(size)
            end = time.monotonic() + patience
            while True:
                peer.send(data)
                try:
                    if peer.recv(65536) == data:
                        break
                except (TimeoutError, ConnectionError):
                    if time.monotonic() > end:
                        raise TimeoutError("no answer") from None
