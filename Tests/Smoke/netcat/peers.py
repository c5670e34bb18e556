"""The programs of netcat.sh, and places for two of them to meet."""

import itertools
import os
import sys

from programs import *

NETCAT, WORK = sys.argv[1:]
PROGRAMS = {"ours": [NETCAT], "nc": ["nc", "-N"], "ncat": ["ncat"]}
REQUEST, ANSWER = b"request\r\n\0\xff", b"answer\n" * 7
ports = itertools.count(20000 + os.getpid() % 20000)


class Place:
    """Where two programs meet: how it is named on the command line, and when it is there."""

    def __init__(self, kind):
        self.kind, self.port = kind, next(ports)
        self.host = "::1" if kind.endswith("6") else "127.0.0.1"
        self.path = {"unix": f"{WORK}/{self.port}.sock", "abstract": f"@netcat-{self.port}"}.get(kind)

    @property
    def is_udp(self):
        return self.kind.startswith("udp")

    @property
    def words(self):
        if self.path:
            return ["-U", self.path]
        return (["-u"] if self.is_udp else []) + [self.host, str(self.port)]

    @property
    def is_there(self):
        if self.path:
            with open("/proc/net/unix") as table:
                return any(line.split()[-1] == self.path and " 00010000 " in line for line in table)
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
