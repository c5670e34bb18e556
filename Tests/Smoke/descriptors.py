#!/usr/bin/env python3
"""What descriptors.sh tries: usage descriptors.py PROGRAM DIRECTORY."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

from programs import *

PROGRAM, WORK = sys.argv[1:]
PATH = f"{WORK}/passing.sock"


def announce(*names):
    return b"".join(b"file %b\0" % name for name in names) + b"\0"


class Receiver(Side):
    """The sample as a receiver, which must have as few descriptors at the end as at the beginning."""

    def __init__(self, *options, limit=None):
        words = [PROGRAM, "receive", PATH, *options]
        if limit:
            words = ["sh", "-c", f'ulimit -n {limit} && exec "$0" "$@"', *words]
        super().__init__(words, stdin=subprocess.DEVNULL)
        self.expect(f"listening on {PATH}\n".encode())
        with connected():  # so that all is set up that will stay
            pass
        self.at_rest = None
        wait_until("rest", self.is_at_rest)
        self.out.clear()

    def open_descriptors(self):
        found = []
        for number in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                found.append(os.readlink(f"/proc/{self.process.pid}/fd/{number}"))
            except FileNotFoundError:
                pass
        return sorted(found)

    def is_at_rest(self):
        before, self.at_rest = self.at_rest, self.open_descriptors()
        time.sleep(0.05)
        return before == self.at_rest

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error:
            self.kill()
            print(bytes(self.out), bytes(self.err))
            return
        wait_until("as few descriptors as before", lambda: self.open_descriptors() == self.at_rest)
        self.signal(signal.SIGTERM)
        self.finish(0)
        if os.path.exists(PATH):
            raise Failure("the socket's file is still there")

    def prints(self, pattern):
        wait_until(f"'{pattern}'", lambda: re.search(pattern.encode("latin1"), self.out, re.DOTALL))


def connected():
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(PATIENCE)
    peer.connect(PATH)
    return peer


def pass_all(peer, message, descriptors, wanted):
    """Passes descriptors, closes them here, and checks how many were taken."""
    socket.send_fds(peer, [message], descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    taken = peer.recv(1)
    if taken != bytes([wanted]):
        raise Failure(f"{taken} taken, not {wanted}")


def file(name, data):
    with open(f"{WORK}/{name}", "wb") as opened:
        opened.write(data)
    return f"{WORK}/{name}"


def python_sends():
    first, second = file("first", b"one\0\xff\n"), file("second", b"skipped two\n")
    with Receiver() as receiver, connected() as peer:
        descriptors = [os.open(first, os.O_RDONLY), os.open(second, os.O_RDONLY)]
        os.lseek(descriptors[1], 8, os.SEEK_SET)  # the position goes with the open file
        pass_all(peer, announce(b"a", b"b\n\x1b["), descriptors, 2)
        receiver.prints(f"process {os.getpid()}: 2 announced, 2 taken\n")
        receiver.prints('file "a":\none\0\xff\n')
        receiver.prints('file "b.*two\n')
        if b"\x1b" in receiver.out or b"skipped" in receiver.out:
            raise Failure(bytes(receiver.out))
        # In pieces, the descriptor with the first: it belongs to the message all the same.
        socket.send_fds(peer, [b"fi"], [0])
        peer.sendall(b"le nothing\0")
        peer.sendall(b"\0")
        if peer.recv(1) != b"\1":
            raise Failure("not taken")


def surplus():
    """Of what is refused nothing stays open: the pipe's reader sees its end."""
    with Receiver("--at-most", "1") as receiver, connected() as peer:
        reader, writer = os.pipe()
        descriptors = [os.open(file("only", b"taken\n"), os.O_RDONLY), writer, os.dup(writer)]
        pass_all(peer, announce(b"only", b"second", b"third"), descriptors, 1)
        receiver.prints('3 announced, 1 taken\nfile "only":\ntaken\n')
        receiver.prints('file "second": not taken\nfile "third": not taken\n')
        if os.read(reader, 1) != b"":
            raise Failure("not the end")
        # The next message is none the worse.
        pass_all(peer, announce(b"next"), [os.open(f"{WORK}/only", os.O_RDONLY)], 1)
        receiver.prints('file "next":\ntaken\n')


def unannounced():
    with Receiver() as receiver, connected() as peer:
        reader, writer = os.pipe()
        pass_all(peer, announce(b"one"), [os.open(file("f", b""), os.O_RDONLY), writer], 1)
        receiver.says("1 more than announced: closed")
        if os.read(reader, 1) != b"":
            raise Failure("not the end")


def out_of_descriptors():
    """The kernel cuts the batch where the process has no more; the rest is lost and said to be."""
    names = [b"%d" % number for number in range(100)]
    with Receiver(limit=40) as receiver:
        for _ in range(2):
            with connected() as peer:
                reader, writer = os.pipe()
                descriptors = [os.dup(writer) for _ in range(100)]
                os.close(writer)
                socket.send_fds(peer, [announce(*names)[:-1]], descriptors)
                for descriptor in descriptors:
                    os.close(descriptor)
                peer.close()
                receiver.says("within a message")
                if os.read(reader, 1) != b"":
                    raise Failure("not the end")
        with connected() as peer:
            empty = file("empty", b"")
            descriptors = [os.open(empty, os.O_RDONLY) for _ in range(100)]
            socket.send_fds(peer, [announce(*names)], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            taken = peer.recv(1)[0]
            if not 0 < taken < 40:
                raise Failure(f"{taken} taken")
            receiver.prints(f'100 announced, {taken} taken.*file "99": not taken')


def hostile_senders():
    with Receiver() as receiver:
        for data, says in (
            (b"nonsense\0\0", "neither a file nor a connection"),
            (b"file \0\0", "neither a file nor a connection"),
            (b"file x", "within a message"),
            (b"a" * (2 << 20), "without an end"),
        ):
            with connected() as peer:
                reader, writer = os.pipe()
                socket.send_fds(peer, [data[:1000]], [writer])
                os.close(writer)
                try:
                    peer.sendall(data[1000:])
                    peer.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                receiver.says(says)
                receiver.err.clear()
                if os.read(reader, 1) != b"":
                    raise Failure("not the end")
        with connected() as peer:
            pass_all(peer, b"connection nobody\0\0", [os.open("/dev/null", os.O_RDWR)], 1)
            receiver.says("adopt")
        with connected() as peer:
            reader, writer = os.pipe()
            pass_all(peer, announce(b"silent pipe"), [reader], 1)
            receiver.says('file "silent pipe": wait: timed out')
            os.close(writer)
        with connected() as peer:
            pass_all(peer, announce(b"directory"), [os.open("/", os.O_RDONLY)], 1)
            receiver.says("EISDIR")


def python_receives():
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(PATH)
        listener.listen(4)
        listener.settimeout(PATIENCE)
        files = [file("one", b"1"), file("two", b"22"), file("three", b"333")]
        for answer, code, says in (
            (b"\3", 0, None),
            (b"\1", 1, f'file "{files[1]}": refused'),
            (b"", 1, "has not taken 3"),
        ):
            sender = Side([PROGRAM, "send", PATH, *files], stdin=subprocess.DEVNULL)
            peer = listener.accept()[0]
            data, descriptors, cut, _ = socket.recv_fds(peer, 4096, 10)
            names = b"".join(b"file %b\0" % name.encode() for name in files) + b"\0"
            if data != names or len(descriptors) != 3 or cut & socket.MSG_CTRUNC:
                raise Failure(f"{data!r}, {descriptors}")
            contents = [os.read(descriptor, 10) for descriptor in descriptors]
            if contents != [b"1", b"22", b"333"]:
                raise Failure(contents)
            for descriptor in descriptors:
                os.close(descriptor)
            peer.sendall(answer)
            peer.close()
            sender.finish(code)
            if says:
                sender.says(says)
    os.unlink(PATH)


def itself():
    many = [file(f"many{number}", b"%d\n" % number) for number in range(300)]
    with Receiver() as receiver:
        sender = Side([PROGRAM, "send", PATH, *many], stdin=subprocess.DEVNULL)
        sender.finish(0, b"253 passed, 253 taken\n47 passed, 47 taken\n")
        receiver.prints('many0":\n0\n.*many299":\n299\n$')
        # A connection: accepted there, served here.
        sender = Side([PROGRAM, "send", PATH, "--accept", "0"], stdin=subprocess.DEVNULL)
        wait_until("the port", lambda: b"\n" in sender.out)
        port = int(sender.out.split(b":")[1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(PATIENCE)
            greeting = receive_all(client)
        if greeting != b"served by process %d\n" % receiver.process.pid:
            raise Failure(greeting)
        sender.finish(0)
    with Receiver("--at-most", "2") as receiver:
        sender = Side([PROGRAM, "send", PATH, *many[:5]], stdin=subprocess.DEVNULL)
        sender.finish(1, b"5 passed, 2 taken\n")
        sender.says("has not taken 3")


def command_lines():
    for words, code, says in (
        ([], 64, "'receive' or 'send' is needed"),
        (["receive"], 64, "'receive' or 'send' is needed"),
        (["frob", PATH], 64, "do not go together"),
        (["send", PATH], 64, "do not go together"),
        (["receive", PATH, "file"], 64, "do not go together"),
        (["receive", PATH, "--at-most", "254"], 64, "'254' is not a number, 0...253"),
        (["send", PATH, "--accept", "x"], 64, "'x' is not a port"),
        (["send", PATH, "--accept", "1", "file"], 64, "do not go together"),
        (["send", "a" * 108, "file"], 64, "longer than 107"),
        (["send", PATH, "/etc/hostname"], 1, "no such file"),
        (["receive", "/dev/null"], 1, "address in use"),
        (["--help"], 0, ""),
    ):
        program = Side([PROGRAM, *words], stdin=subprocess.DEVNULL)
        program.finish(code)
        program.says(says)
    with Receiver():
        program = Side([PROGRAM, "send", PATH, "/nowhere"], stdin=subprocess.DEVNULL)
        program.finish(1, b"")
        program.says('cannot open "/nowhere": No such file')
    program = Side([PROGRAM, "send", PATH, "--accept", "0"], stdin=subprocess.DEVNULL)
    wait_until("the port", lambda: b"\n" in program.out)
    program.signal(signal.SIGTERM)
    program.finish(128 + signal.SIGTERM)


for check in (
    python_sends,
    surplus,
    unannounced,
    out_of_descriptors,
    hostile_senders,
    python_receives,
    itself,
    command_lines,
):
    begun = time.monotonic()
    check()
    print(f"ok: {check.__name__.replace('_', ' ')} ({time.monotonic() - begun:.1f} s)", flush=True)
print("descriptors: all passed")
