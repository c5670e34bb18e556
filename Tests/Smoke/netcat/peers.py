"""The programs of netcat.sh, and places for two of them to meet."""

import itertools
import os
import sys

from programs import *

NETCAT, WORK = sys.argv[1:]
PROGRAMS = {"ours": [NETCAT], "nc": ["nc", "-N"], "ncat": ["ncat"]}
REQUEST, ANSWER = b"request\r\n\0\xff", b"answer\n" * 7
# Below those that the kernel gives out by itself: nc cannot say which one it got.
ports = itertools.count(20000 + os.getpid() % 12000)


class Place:
    """Where two programs meet: how it is named on the command line, and when it is there."""

    def __init__(self, kind):
        self.kind, self.port = kind, next(ports)
        self.host = "::1" if kind.endswith("6") else "127.0.0.1"
        self.path = None
        if kind.startswith("unix"):
            self.path = f"{WORK}/{self.port}.sock"
        elif kind.startswith("abstract"):
            self.path = f"@netcat-{self.port}"

    @property
    def words(self):
        datagrams = "udp" in self.kind
        return ["-u"] * datagrams + (
            ["-U", self.path] if self.path else [self.host, str(self.port)]
        )

    @property
    def is_there(self):
        if self.path:
            with open("/proc/net/unix") as table:
                wanted = "00000000 0002" if "udp" in self.kind else "00010000 0001"
                return any(line.split()[-1] == self.path and wanted in line for line in table)
        for suffix in "", "6":
            with open(f"/proc/net/{self.kind[:3]}{suffix}") as table:
                for line in table:
                    words = line.split()
                    if words[1].endswith(f":{self.port:04X}") and words[3] in ("0A", "07"):
                        return True
        return False

    def wait(self, program):
        wait_until(f"the socket of {program.command}", lambda: self.is_there or program.is_over)
        if not self.is_there:
            raise Failure(f"{program.command}: {program.err.decode()}")


def start(name, place, *options, **standard):
    return Side([*PROGRAMS[name], *options, *place.words], **standard)


def listening(name, place, *options, **standard):
    program = start(name, place, "-l", *options, **standard)
    place.wait(program)
    return program
