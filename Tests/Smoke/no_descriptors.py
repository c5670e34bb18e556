"""Starts servers of the samples with so many free descriptors and no more: see no-descriptors.sh."""

import os
import re
import resource
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from programs import Failure, text, wait_until

BIN = Path(sys.argv[1])
SERVERS = {
    "EchoServer": ["--port", "0", "--reactors", "1"],
    "EchoServer --handlers pool": ["--port", "0", "--reactors", "1", "--handlers", "pool"],
    "HTTPServer": ["--port", "0", "--reactors", "1"],
    "KeyValueServer": ["--port", "0"],
}
REQUESTS = {"HTTPServer": b"GET /hello HTTP/1.0\r\n\r\n", "KeyValueServer": b"*1\r\n$4\r\nPING\r\n"}
LIMIT, CLIENTS, TICK = 64, 5, 1 / os.sysconf("SC_CLK_TCK")


class Server:
    """A server that has inherited descriptors, all of which it leaves open."""

    def __init__(self, name, free):
        words = name.split()
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.code = None
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(self.out.fileno(), 1)
            os.dup2(self.err.fileno(), 2)
            nothing = os.open("/dev/null", os.O_RDWR)
            os.dup2(nothing, 0)
            for number in range(3, LIMIT - free):
                os.dup2(nothing, number, inheritable=True)
            os.closerange(LIMIT - free, 4096)
            resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, 4096))
            os.execv(BIN / words[0], [*words[:1], *SERVERS[name], *words[1:]])

    @property
    def port(self):
        found = re.search(r"^listening on .*:(\d+)$", text(self.out), re.MULTILINE)
        return int(found[1]) if found else None

    @property
    def errors(self):
        return text(self.err).strip()

    def has_ended(self):
        if self.code is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def give(self, count):
        """Lets it have more descriptors."""
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (LIMIT + count, 4096))

    def cpu(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def end(self):
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def check(name, free):
    """What a server does that has so many descriptors: whether it starts."""
    server = Server(name, free)
    try:
        wait_until(f"{name} with {free} descriptors: a word", lambda: server.port or server.has_ended(), 10)
        # One that is about to fail may have said that it listens.
        time.sleep(0.3)
        if server.has_ended():
            lines = server.errors.splitlines()
            # While it starts, nothing is kept free for libdispatch, which looks at the task pool's threads by way of
            # /proc and traps when it cannot: it may be faster than the end that is near anyway.
            if server.code == -signal.SIGILL and "EMFILE" not in server.errors:
                print(f"ok: {name}, {free} free: ends, by a trap of libdispatch's")
                return False
            if server.code != 1 or len(lines) != 1 or "EMFILE" not in lines[0]:
                raise Failure(f"{name} with {free} descriptors: exit code {server.code}: {server.errors[:2000]}")
            print(f"ok: {name}, {free} free: ends, {lines[0]}")
            return False
        starve(name, free, server)
        return True
    finally:
        server.end()


def starve(name, free, server):
    """Clients come while there is nothing for them; then there is."""
    request = REQUESTS.get(name, b"x")
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(CLIENTS)]
    for client in clients:
        client.sendall(request)
    time.sleep(0.5)
    before = server.cpu()
    time.sleep(2)
    share = (server.cpu() - before) / 2
    if server.has_ended():
        raise Failure(f"{name} with {free} descriptors has ended: {server.errors[:2000]}")
    if share > 0.01:
        raise Failure(f"{name} with {free} descriptors: {100 * share:.1f} % of a processor while it waits")
    server.give(2 * CLIENTS + 8)
    began = time.monotonic()
    for client in clients:
        if not client.recv(1):
            raise Failure(f"{name} with {free} descriptors: a client was cut off")
        client.close()
    print(f"ok: {name}, {free} free: waits with {100 * share:.1f} % of a processor, then serves all in "
          f"{time.monotonic() - began:.2f} s")


def main():
    for name in SERVERS:
        started = 0
        # One descriptor is what the loader needs to open the libraries.
        for free in range(1, 30):
            started += check(name, free)
            if started == 3:
                break
        else:
            raise Failure(f"{name} does not start")


try:
    main()
except Failure as failure:
    sys.exit(f"FAILED: {failure}")
