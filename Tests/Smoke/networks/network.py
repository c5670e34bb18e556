"""Two machines that are joined by a cable: this process's network namespace, and another one."""

import ctypes
import json
import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

from programs import Failure, Side, wait_until

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000

# Of either end, in this order: near, far.
IPV4 = "10.9.0.1", "10.9.0.2"
IPV6 = "2001:db8:9::1", "2001:db8:9::2"
LINK_LOCAL = "fe80::1", "fe80::2"
NEAR, FAR = "v0", "v1"
NAMES = {
    "localhost": ("::1", "127.0.0.1"),
    "far.example": (IPV6[1], IPV4[1]),
    "far4.example": (IPV4[1],),
    "far6.example": (IPV6[1],),
}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """This process moves to a namespace of its own, near; the other one, far, is a file on which it is mounted.

    The mount namespace belongs to this process alone, and so everything vanishes with it.
    """

    def __init__(self, bin):
        self.bin = Path(bin)
        self.sides = []
        self.files = tempfile.TemporaryDirectory(prefix="networks-", ignore_cleanup_errors=True)
        self.work = Path(self.files.name)
        self.other = self.work / "far"

    def __enter__(self):
        try:
            self.set_up()
        except Failure:
            self.tear_down()
            raise
        return self

    def __exit__(self, *_):
        self.tear_down()

    def set_up(self):
        call(libc.unshare, CLONE_NEWNET)
        self.other.touch()
        run("unshare", f"--net={self.other}", "true")
        hosts = self.work / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name in NAMES for address in NAMES[name]))
        run("mount", "--bind", str(hosts), "/etc/hosts")
        run("ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", str(self.other))
        for end, interface in enumerate((NEAR, FAR)):
            self.ip(end, "link", "set", "lo", "up")
            # No address but these, nor a second to find out whether another machine has them, also when the interface
            # has been down.
            self.ip(end, "link", "set", interface, "addrgenmode", "none")
            self.set_kernel(end, f"ipv6/conf/{interface}/accept_dad", 0)
            self.set_kernel(end, f"ipv6/conf/{interface}/keep_addr_on_down", 1)
            self.ip(end, "link", "set", interface, "up")
            for address in (f"{IPV4[end]}/24", f"{IPV6[end]}/64", f"{LINK_LOCAL[end]}/64"):
                self.ip(end, "address", "add", address, "dev", interface)

    def tear_down(self):
        for side in self.sides:
            if side.process.poll() is None:
                side.kill()
        for path in (self.other, "/etc/hosts"):
            subprocess.run(["umount", path], capture_output=True)
        self.files.cleanup()

    # Commands and programs.

    def at(self, end, *command):
        """A command that runs at an end: 0 is near, 1 is far."""
        return [*(["nsenter", f"--net={self.other}"] if end else []), *map(str, command)]

    def ip(self, end, *words):
        return run(*self.at(end, "ip", *words))

    def set_kernel(self, end, name, value):
        run(*self.at(end, "sh", "-c", f"echo '{value}' >/proc/sys/net/{name}"))

    def start(self, end, program, *words, wrapper=()):
        """Starts a program of the build at one end."""
        dying_with_this = ["setpriv", "--pdeathsig", "KILL"]
        side = Side(self.at(end, *dying_with_this, *wrapper, self.bin / program, *words))
        self.sides.append(side)
        return side

    def serve(self, program, *words, **options):
        """Starts a server at the far end, and waits until it listens."""
        side = self.start(1, program, *words, **options)
        wait_until(f"the line of {program}", lambda: b"\n" in side.out or side.is_over)
        if side.is_over:
            raise Failure(f"{side.command}: {side.err.decode()}")
        return side

    def stop(self, server, signal=15):
        """Ends a server of the samples, in good order."""
        server.signal(signal)
        server.finish()
        return server.err.decode()

    def socket(self, end, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """A plain socket that belongs to one end."""
        with open(self.other) as far, open("/proc/self/ns/net") as near:
            if end:
                call(libc.setns, far.fileno(), CLONE_NEWNET)
            try:
                return socket.socket(family, kind)
            finally:
                call(libc.setns, near.fileno(), CLONE_NEWNET)

    def connects(self, end, address, port):
        """Whether a plain socket can connect."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.socket(end, family) as client:
            try:
                client.connect((address, port))
            except OSError:
                return False
            return True

    def connections(self, end, port):
        """How many connections to a port of an end its kernel has that have not ended."""
        return len(run(*self.at(end, "ss", "-Htn", "state", "established", f"sport = :{port}")).splitlines())

    # The cable.

    def pull(self):
        """Pulls the cable out, and waits until this end has noticed."""
        self.ip(1, "link", "set", FAR, "down")
        wait_until("the end of the carrier", lambda: not self.has_carrier)

    def plug(self):
        self.ip(1, "link", "set", FAR, "up")
        self.ip(1, "address", "replace", f"{LINK_LOCAL[1]}/64", "dev", FAR)
        wait_until("the carrier", lambda: self.has_carrier)

    @property
    def has_carrier(self):
        return "LOWER_UP" in json.loads(self.ip(0, "-j", "link", "show", NEAR))[0]["flags"]

    def remember(self, *addresses):
        """Has the near end know for good where the far one's addresses are: so that packets vanish without a word.

        Otherwise it asks, and when nobody answers for three seconds, it says that the host is unreachable.
        """
        hardware = json.loads(self.ip(1, "-j", "link", "show", FAR))[0]["address"]
        for address in addresses:
            self.ip(0, "neighbour", "replace", address, "lladdr", hardware, "dev", NEAR, "nud", "permanent")

    def limit(self, rate, *ends):
        """Makes the cable slow in the directions that leave these ends, by the kernel's token bucket.

        Returns why not, if there is none.
        """
        for end in ends:
            bucket = ["tbf", "rate", rate, "burst", "16kb", "latency", "200ms"]
            try:
                run(*self.at(end, "tc", "qdisc", "replace", "dev", (NEAR, FAR)[end], "root", *bucket))
            except Failure as failure:
                return str(failure)
        return None

    @property
    def received(self):
        """How many bytes have come to the near end by the cable."""
        return int(re.search(rf"{NEAR}: *(\d+)", Path("/proc/net/dev").read_text())[1])


def call(function, *words):
    if function(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def resident(side):
    """The memory of a program that is resident, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{side.process.pid}/status").read_text())[1])


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")


def expect_text(what, found, *parts):
    for part in parts:
        if part not in found:
            raise Failure(f"{what}: no '{part}' in: {found.strip()}")
