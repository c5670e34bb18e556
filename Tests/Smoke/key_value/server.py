"""The server under test, and a client that knows just enough of its protocol."""

import socket
import subprocess

from programs import PATIENCE, Failure
from sample_server import SampleServer


class Server(SampleServer):
    """A running KeyValueServer."""

    def client(self):
        return Client(self.port)

    def cli(self, *words, flags=()):
        """What redis-cli prints."""
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), *flags, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        ).stdout.rstrip("\n")


class Client:
    """A connection; errors come as `Error`s, pushes as tuples, maps as dictionaries."""

    class Error(str):
        pass

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    @staticmethod
    def encode(*words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def send(self, *words):
        self.socket.sendall(self.encode(*words))

    def __call__(self, *words):
        self.send(*words)
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(f"the server has closed, after {line!r}")
        kind, rest = chr(line[0]), line[1:-2]
        match kind:
            case "+":
                return rest.decode()
            case "-":
                return self.Error(rest.decode())
            case ":":
                return int(rest)
            case "_":
                return None
            case "$":
                if rest == b"-1":
                    return None
                data = self.file.read(int(rest) + 2)
                return data[:-2]
            case "*" | ">":
                values = [self.read() for _ in range(int(rest))]
                return tuple(values) if kind == ">" else values
            case "%":
                return {self.read(): self.read() for _ in range(int(rest))}
        raise Failure(f"not the protocol: {line!r}")

    def raw(self, data):
        """All that comes back for these bytes, until the server closes."""
        self.socket.sendall(data)
        return self.file.read()
