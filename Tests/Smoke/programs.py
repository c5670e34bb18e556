"""Programs with a script on their standard input and output, and plain sockets to meet them."""

import os
import queue
import signal
import socket
import struct
import subprocess
import threading
import time

PATIENCE = 20

# A shell that starts this in the background ignores SIGINT, and so would the programs that leave it as they find it.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Failure(Exception):
    pass


def wait_until(what, condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what} did not come within {seconds} s")
        time.sleep(0.005)


def text(file):
    """What a file holds that a program writes to meanwhile."""
    return os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace")


class Side:
    """A program, what it is told, and what it says.

    What is sent is written by a thread, so that both directions can be full at the same time.
    """

    def __init__(self, command, **standard):
        standard = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE} | standard
        self.command = " ".join(command)
        self.process = subprocess.Popen(
            command, bufsize=0, stderr=subprocess.PIPE, **standard
        )
        self.out, self.err = bytearray(), bytearray()
        self.orders = queue.Queue()
        self.threads = [
            threading.Thread(target=self.collect, args=arguments, daemon=True)
            for arguments in (
                (self.process.stdout, self.out),
                (self.process.stderr, self.err),
            )
            if arguments[0]
        ]
        threading.Thread(target=self.obey, daemon=True).start()
        for thread in self.threads:
            thread.start()

    @staticmethod
    def collect(pipe, into):
        while piece := pipe.read(1 << 16):
            into += piece

    def obey(self):
        while (data := self.orders.get()) is not None:
            try:
                view = memoryview(data)
                while view:
                    view = view[self.process.stdin.write(view) :]
            except OSError:  # the program has ended before its input
                break
        if self.process.stdin:
            self.process.stdin.close()

    def send(self, data):
        self.orders.put(data)

    def end(self):
        self.orders.put(None)

    def expect(self, data):
        """Waits for the whole of its output so far to be this."""
        try:
            wait_until("the output", lambda: len(self.out) >= len(data) or self.is_over)
        except Failure:
            pass
        if self.out[: len(data)] != data:
            raise Failure(f"{self.command}: {brief(self.out)}, not {brief(data)}")

    def says(self, text):
        """Waits for a text on standard error."""
        wait_until(f"'{text}' of {self.command}", lambda: text.encode() in self.err or self.is_over)
        if text.encode() not in self.err:
            raise Failure(f"{self.command}: '{text}' is not in: {self.err.decode()}")

    @property
    def is_over(self):
        return self.process.poll() is not None and not any(
            thread.is_alive() for thread in self.threads
        )

    def finish(self, code=0, out=None):
        """Waits for its end, and checks the exit code and the whole of its output."""
        try:
            found = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure(f"{self.command}: does not end; {brief(self.out)}") from None
        for thread in self.threads:
            thread.join(PATIENCE)
        if code is not None and found != code:
            raise Failure(f"{self.command}: exit code {found}, not {code}: {self.err.decode()}")
        if out is not None and self.out != out:
            raise Failure(f"{self.command}: {brief(self.out)}, not {brief(out)}")
        self.end()
        return bytes(self.out)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()


def brief(data):
    return f"{len(data)} bytes, {bytes(data[:60])!r}"


class Listener:
    """A plain listening socket on the loopback interface; without a backlog, one that is only bound."""

    def __init__(self, backlog=16, kind=socket.SOCK_STREAM):
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        if kind == socket.SOCK_STREAM and backlog is not None:
            self.socket.listen(backlog)
        self.words = ["127.0.0.1", str(self.socket.getsockname()[1])]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        peer = self.socket.accept()[0]
        peer.settimeout(PATIENCE)
        return peer


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def receive_all(peer):
    data = bytearray()
    while piece := peer.recv(1 << 16):
        data += piece
    return bytes(data)


INTERRUPTED = {signal.SIGINT: 128 + signal.SIGINT, signal.SIGTERM: 128 + signal.SIGTERM}
