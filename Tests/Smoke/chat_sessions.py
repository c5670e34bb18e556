#!/usr/bin/env python3
"""Runs everything of chat.sh: usage chat_sessions.py CHATSERVER."""

import concurrent.futures
import signal
import socket
import subprocess
import sys
import time

from programs import PATIENCE, Failure, Side, reset, wait_until
from sample_server import SampleServer, expect

PROGRAM = sys.argv[1]


class Person:
    """Somebody with a plain socket, who hears every line."""

    def __init__(self, server, name=None, *rooms):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\n")
        if name:
            self.says(f"/nick {name}")
            self.hears(f"* you are {name}\n")
        for room in rooms:
            self.says(f"/join {room}")
            self.hears(f"* you are in {room}")

    def says(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def hears(self, text):
        """Hears lines until one begins with this."""
        heard = []
        while not (line := self.file.readline()).startswith(text):
            heard.append(line)
            if not line:
                raise Failure(f"{text!r} was not heard, but {heard[-5:]}")
        return line

    def hears_next(self, line):
        expect("the next line", self.file.readline(), line + "\n")

    def hears_the_end(self):
        expect("the end", self.file.readline(), "")

    def close(self):
        self.file.close()
        self.socket.close()


def people_with_nc_and_socat():
    with SampleServer(PROGRAM, "--motd", "no smoking", "--motd", "no shouting") as server:
        ann = Side(["nc", "127.0.0.1", str(server.port)])
        bob = Side(["socat", "-", f"TCP:127.0.0.1:{server.port}"])

        def hears(side, text):
            wait_until(repr(text), lambda: text in side.out or side.is_over)
            if text not in side.out:
                raise Failure(f"{text!r} is not in {bytes(side.out)!r}")

        hears(ann, b"* no smoking\n* no shouting\n* you are guest-")
        ann.send(b"/nick ann\n/join tea\n")
        hears(ann, b"* you are in tea (1)\n")
        bob.send(b"/nick bob\r\n/join Tea\r\n")
        hears(bob, b"* you are in Tea (2)\n")
        hears(ann, b"* bob has joined Tea\n")
        bob.send(b"hello \xe2\x98\x95\r\n")
        hears(ann, "[Tea] bob: hello ☕\n".encode())
        ann.send(b"/msg BOB psst\n")
        hears(bob, b"ann to you: psst\n")
        # One who has said everything hears everything that was said before.
        ann.send(b"/who tea\n/rooms\n/quit see you\n")
        ann.end()
        hears(ann, b"* in tea: ann, bob\n* rooms: tea (2)\n* goodbye\n")
        hears(bob, b"* ann has left: see you\n")
        bob.end()
        bob.finish()
        ann.kill()
        last = subprocess.run(
            ["nc", "-N", "127.0.0.1", str(server.port)],
            input=b"/who\n",
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        ).stdout
        if b"* here: guest-3\n" not in last:
            raise Failure(f"the others are still there: {last!r}")
        server.stop()


def rooms_and_names():
    with SampleServer(PROGRAM) as server:
        ann, bob = Person(server, "ann", "one", "two"), Person(server, "bob", "one", "two")
        ann.hears("* bob has joined two")
        for command, answer in (
            ("/nick bob", "! somebody else is bob"),
            ("/nick BOB", "! somebody else is BOB"),
            ("/nick", "! a name has 1 to 20 letters, digits, - or _"),
            ("/nick " + "x" * 21, "! a name has 1 to 20"),
            ("/nick a b", "! a name has"),
            ("/nick аnn", "! a name has"),  # a Cyrillic a
            ("/nick ANN", "* you are ANN"),
            ("/msg nobody x", "! nobody here is nobody"),
            ("/msg bob", "! /msg NAME TEXT"),
            ("/leave three", "! you are not in three"),
            ("/who three", "! there is no room three"),
            ("/nosuch", "! there is no /nosuch"),
            ("/help", "* what you type"),
            ("/who", "* here: ANN, bob"),
        ):
            ann.says(command)
            ann.hears(answer)
        bob.hears("* ann is now ANN")
        ann.says("in two")
        bob.hears_next("[two] ANN: in two")  # told once of the name, though they share two rooms
        ann.says("/join one")
        ann.says("in one")
        bob.hears_next("[one] ANN: in one")
        ann.says("/leave")
        ann.says("/leave")
        ann.says("to nobody")
        ann.hears("! you are in no room")
        bob.hears("* ANN has left two")
        # Nobody writes over another's screen.
        bob.says("/msg ann \x1b[2J\x07\u009b2J\ttab")
        ann.hears("bob to you: \ufffd[2J\ufffd\ufffd2J\ttab\n")
        for number in range(12):
            ann.says(f"/join r{number}")
        ann.hears("! nobody can be in more than 10 rooms")
        bob.file.close()  # it shares the socket
        reset(bob.socket)
        wait_until("the leave", lambda: ann.says("/who") or ann.hears("* here") == "* here: ANN\n")
        server.stop()


def lines_that_are_too_long():
    with SampleServer(PROGRAM, "--max-line", "100") as server:
        ann, bob = Person(server, "ann", "room"), Person(server, "bob", "room")
        ann.hears("* bob has joined")
        bob.says("x" * 100)
        ann.hears_next("[room] bob: " + "x" * 100)
        bob.socket.sendall(b"y" * 5000)  # without an end
        bob.hears("! a line of more than 100 bytes: goodbye")
        bob.hears_the_end()
        ann.hears_next("* bob has been cut off: a line of more than 100 bytes")
        server.stop()


def somebody_who_does_not_read():
    with SampleServer(PROGRAM) as server:
        deaf = Person(server, "deaf", "room")
        ann, bob = Person(server, "ann", "room"), Person(server, "bob", "room")
        ann.hears("* bob has joined")
        begun, slowest, number = time.monotonic(), 0, 0
        text = "x" * 900
        told = False
        while not told:
            sent = time.monotonic()
            ann.says(f"{number} {text}")
            expect("what bob hears", bob.hears("[room]"), f"[room] ann: {number} {text}\n")
            slowest = max(slowest, time.monotonic() - sent)
            number += 1
            told = "deaf, has been cut off" in server.text(server.err)
            if number > 50_000:
                raise Failure("the one who does not read is not cut off")
        if slowest > 2:
            raise Failure(f"others waited for {slowest:.1f} s")
        # Who reads again in time gets what was under way, and the reason at the end.
        deaf.hears("! too much waits for you: goodbye")
        deaf.hears_the_end()
        deaf.close()
        ann.hears("* deaf has been cut off: does not read")
        server.stop()
    return f"after {number} messages, {time.monotonic() - begun:.1f} s; no other waited more than {slowest * 1000:.0f} ms"


def a_flood_for_somebody_who_reads():
    with SampleServer(PROGRAM, "--max-waiting", "4K") as server:
        ann, bob = Person(server, "ann", "room"), Person(server, "bob", "room")
        ann.hears("* bob has joined")
        # Far more at once than may wait, but never more than bob has had the time to take.
        for burst in range(50):
            ann.socket.sendall(b"".join(b"%d.%d %s\n" % (burst, line, b"x" * 500) for line in range(20)))
            for line in range(20):
                bob.hears_next(f"[room] ann: {burst}.{line} " + "x" * 500)
        expect("errors", server.text(server.err), "")
        server.stop()


def somebody_who_never_reads_again():
    with SampleServer(PROGRAM) as server:
        deaf = Person(server, "deaf", "room")
        ann = Person(server, "ann", "room")
        while "deaf, has been cut off" not in server.text(server.err):
            ann.says("x" * 1000)
        begun = time.monotonic()
        ann.hears("* deaf has been cut off")
        seconds = time.monotonic() - begun
        ann.says("/who")
        ann.hears("* here: ann\n")
        deaf.close()
        server.stop()
    return f"gone {seconds:.1f} s later"


def the_end():
    with SampleServer(PROGRAM, "--max-clients", "3") as server:
        people = [Person(server, f"p{number}", "room") for number in range(3)]
        waiting = Person(server)  # accepted only now that the others go
        people[0].says("last words")
        people[1].hears("[room] p0: last words")
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for person in people:
            person.hears("* the server is going down: goodbye")
            person.hears_the_end()
            person.close()
        waiting.hears("* the server is going down: goodbye")
        waiting.hears_the_end()
        waiting.close()
        server.stop(None)
        expect("the report", server.text(server.out).splitlines()[1:], ["ending", "4 people, 0 of them not reached at the end"])
        expect("errors", server.text(server.err), "")
    return f"{time.monotonic() - begun:.1f} s"


def command_lines():
    def run(*words):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)

    found = run("--help")
    if found.returncode or not found.stdout.startswith("usage: ChatServer"):
        raise Failure(f"--help: {found}")
    for words in ["--port"], ["--port", "x"], ["--max-line", "1"], ["surplus"]:
        found = run(*words)
        if found.returncode != 64 or "usage:" not in found.stderr:
            raise Failure(f"{words}: {found}")
    with SampleServer(PROGRAM) as server:
        found = run("--port", str(server.port))
        if found.returncode != 1 or "in use" not in found.stderr:
            raise Failure(f"a port in use: {found}")
        server.stop(signal.SIGINT)


def attempt(check):
    name = check.__name__.replace("_", " ")
    start = time.monotonic()
    try:
        note = check()
    except (Failure, OSError) as failure:
        return f"FAILED: {name}: {failure!r}"
    return f"ok: {name}{f': {note}' if note else ''} ({time.monotonic() - start:.1f} s)"


CHECKS = [
    people_with_nc_and_socat,
    rooms_and_names,
    lines_that_are_too_long,
    somebody_who_does_not_read,
    a_flood_for_somebody_who_reads,
    somebody_who_never_reads_again,
    the_end,
    command_lines,
]
begun = time.monotonic()
# Each has a server of its own, and most of them wait for something.
with concurrent.futures.ThreadPoolExecutor() as pool:
    lines = list(pool.map(attempt, CHECKS))
failures = sum(line.startswith("FAILED") for line in lines)
print(*lines, f"chat: {failures} failed, {time.monotonic() - begun:.0f} s", sep="\n")
raise SystemExit(bool(failures))
