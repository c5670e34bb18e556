#!/usr/bin/env python3
"""Runs every command of Samples/README.md as it is printed there, and compares what is seen.

A block of `sh` is a terminal of its own, in which a program goes on; one of `console` has commands after `$ `, each with its
output; one of `text` has lines that the latest terminal shows, others between them allowed. Numbers may be others. Ends with 1
at the first difference.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from programs import text

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "Samples/README.md"


def shape(text):
    """What has to be the same: the lines, numbers aside. (Where localhost has two addresses, one is looked at.)"""
    lines = [re.sub(r"\d+(\.\d+)?", "N", line.rstrip()) for line in text.rstrip("\n").split("\n")]
    return [line for line in lines if "::1" not in line]


class Terminal:
    """A program that goes on in the background."""

    def __init__(self, command):
        self.command = command
        self.output = tempfile.TemporaryFile()
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["bash", "-c", command], cwd=ROOT, stdout=self.output, stderr=self.errors, start_new_session=True
        )

    def lines(self):
        return shape(text(self.output) + text(self.errors))

    def wait(self, condition, what, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                fail(self.command, what, self.lines())
            time.sleep(0.05)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            fail(self.command, "an end after SIGINT", self.lines())


def fail(command, expected, seen):
    print(f"{GUIDE.relative_to(ROOT)}: {command}\n  expected  {expected}\n  seen      {seen}", file=sys.stderr)
    sys.exit(1)


def contains(lines, wanted):
    """Whether these lines come in this order."""
    rest = iter(lines)
    return all(line in rest for line in wanted)


def wait_for(terminal):
    """Waits until clients can come: a program says so, but for the one that says nothing at all."""
    if terminal.command.endswith("MinimalEchoServer"):
        port = re.compile(r": 0100007F:1B5F 00000000:0000 0A ")  # 127.0.0.1:7007, listening
        terminal.wait(lambda: port.search(Path("/proc/net/tcp").read_text()), "that it listens", 300)
    else:
        said = re.compile(r"^(listening|receiving) ")
        terminal.wait(lambda: any(map(said.match, terminal.lines())), "that it listens", 300)


def run(block):
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=300)
        if shape(done.stdout) != shape(output):
            fail(command, shape(output), shape(done.stdout) + done.stderr.split("\n")[-5:])
        print(f"  {command}")


def check_table():
    """The tables have about the lines of each program and library: those without comments and blank ones."""
    for name, lines in re.findall(r"^\| \[(\w+)\]\(.*\| ([\d,]+) \|$", GUIDE.read_text(), re.MULTILINE):
        text = "\n".join(path.read_text() for path in (ROOT / "Samples" / name).rglob("*.swift"))
        count = len(re.findall(r"^[ ]*(?!//)[^ \n].*$", text, re.MULTILINE))
        if abs(count - int(lines.replace(",", ""))) > count / 20:
            fail(f"lines of {name}", lines, f"{count:,}")


def main():
    check_table()
    for section in re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)[1:]:
        print(section.partition("\n")[0])
        terminals = []
        try:
            for kind, block in re.findall(r"^```(sh|console|text)\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
                if kind == "sh":
                    terminals.append(Terminal(block.strip()))
                    wait_for(terminals[-1])
                elif kind == "console":
                    run(block)
                else:
                    wanted = shape(block)
                    terminals[-1].wait(lambda: contains(terminals[-1].lines(), wanted), wanted, 10)
        finally:
            for terminal in reversed(terminals):
                terminal.end()
    print("samples: as their README says")


main()
