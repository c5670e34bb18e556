"""The server under test, and a client that knows just enough of its protocol."""

import os
import signal
import socket
import subprocess
import tempfile
import time

from programs import PATIENCE, Failure, wait_until


class Server:
    """A running KeyValueServer."""

    def __init__(self, program, *words):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program, "--port", "0", *words], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err
        )
        wait_until("the server", lambda: "listening on" in self.text(self.out) or self.process.poll() is not None)
        ready = [line for line in self.text(self.out).splitlines() if line.startswith("listening on ")]
        if not ready:
            raise Failure(f"the server has not started: {self.text(self.err)}")
        self.port = int(ready[0].rpartition(":")[2])

    @staticmethod
    def text(file):
        return os.pread(file.fileno(), 1 << 20, 0).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number=signal.SIGTERM, code=0):
        if number:
            self.process.send_signal(number)
        found = self.process.wait(PATIENCE)
        expect("the exit code", found, code)

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


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")
