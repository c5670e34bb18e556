"""What surrounds the sessions: ends that are no good ends, limits, signals, standard input and output, command
lines. Where nc and ncat define the same, they are asked too.
"""

import fcntl
import os
import pty
import select
import signal
import socket
import subprocess
import threading
import time

from peers import *


# Ends that are no good ends; what the others do then stands beside it.


def peer_resets(name, code):
    with Listener() as listener:
        program = Side([*PROGRAMS[name], *listener.words])
        peer = listener.accept()
        peer.sendall(ANSWER)
        program.expect(ANSWER)
        reset(peer)
        if name == "nc":  # takes it for an end, and waits for that of its input
            program.end()
        program.finish(code, ANSWER)
        if name != "nc":
            program.says("onnection reset by peer")


def answered_and_closed_before_all_is_sent():
    """The answer is printed although nobody takes the rest of the request."""
    with Listener() as listener:
        program = Side([NETCAT, *listener.words])
        program.send(bytes(64 << 20))
        peer = listener.accept()
        peer.recv(10)
        peer.sendall(ANSWER)
        program.expect(ANSWER)
        peer.close()  # with unread input: the kernel resets
        program.finish(1, ANSWER)


def refused(name):
    with Listener(backlog=None) as dead:
        program = Side([*PROGRAMS[name], *dead.words], stdin=subprocess.DEVNULL)
        program.finish(1, b"")


def connect_times_out(name):
    with Listener(backlog=0) as listener:
        fill = [socket.socket() for _ in range(3)]
        for one in fill:
            one.setblocking(False)
            one.connect_ex(listener.socket.getsockname())
        begun = time.monotonic()
        program = Side([*PROGRAMS[name], "-w", "1", *listener.words], stdin=subprocess.DEVNULL)
        program.finish(1, b"")
        if time.monotonic() - begun < 1:
            raise Failure("too early")
        if name == "ours":
            program.says("timed out")


def idle(name):
    with Listener() as listener:
        program = Side([*PROGRAMS[name], "-w", "1", *listener.words])
        peer = listener.accept()
        begun = time.monotonic()
        for _ in range(4):  # not idle yet
            time.sleep(0.4)
            peer.sendall(b"x")
        program.finish(0, b"xxxx")
        if time.monotonic() - begun < 2.5:
            raise Failure("too early")


def keep_open(server, client):
    place = Place("tcp")
    program = listening(server, place, "-k", stdin=subprocess.DEVNULL)
    for number in range(4):
        one = start(client, place)
        one.send(b"client %d\n" % number)
        one.end()
        one.finish(0, b"")
    program.expect(b"".join(b"client %d\n" % number for number in range(4)))
    program.signal(signal.SIGTERM)
    program.finish(0 if server == "ours" else -signal.SIGTERM)


def keep_open_with_input():
    """One client's reset disturbs nobody; input that has not come yet is for the next client."""
    place = Place("tcp")
    program = listening("ours", place, "-k")
    for number in range(3):
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.settimeout(PATIENCE)
            client.sendall(b"%d" % number)
            program.expect(b"012"[: number + 1])
            program.send(b"for %d" % number)
            if client.recv(5) != b"for %d" % number:
                raise Failure("another answer")
            if number == 1:
                reset(client)
            else:
                client.shutdown(socket.SHUT_WR)
                receive_all(client)
    program.signal(signal.SIGINT)
    program.finish(0, b"012")


def signals(name, number):
    with Listener() as listener:
        connected = Side([*PROGRAMS[name], *listener.words])
        listener.accept().sendall(b"x")
        connected.expect(b"x")
        place = Place("unix")
        waiting = listening(name, place)
        for program in connected, waiting:
            program.signal(number)
            program.finish(INTERRUPTED[number] if name == "ours" else -number)
        if name == "ours" and os.path.exists(place.path):
            raise Failure("the socket's file is still there")


def paths():
    place = Place("unix")
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(place.path)
    stale.close()
    program = listening("ours", place)
    second = start("ours", place, "-l")
    second.finish(1)
    second.says("address in use")
    client = start("ours", place)
    client.send(REQUEST)
    client.end()
    program.end()
    client.finish(0, b"")
    program.finish(0, REQUEST)
    if os.path.exists(place.path):
        raise Failure("the socket's file is still there")
    gone = start("ours", place)
    gone.finish(1)
    gone.says("no such file")


def half_close(*options):
    """The end of standard input goes out at once, as an end, and the other direction goes on; or, if that is
    not wanted, nothing goes out.
    """
    place = Place("tcp")
    program = listening("ours", place, *options)
    with socket.create_connection(("127.0.0.1", place.port)) as client:
        program.send(ANSWER)
        program.end()
        client.settimeout(0.5 if options else PATIENCE)
        got = b""
        try:
            while piece := client.recv(100):
                got += piece
            ended = True
        except TimeoutError:
            ended = False
        if (got, ended) != (ANSWER, not options):
            raise Failure(f"{got!r}, {'and' if ended else 'without'} an end")
        client.sendall(REQUEST)
        program.expect(REQUEST)
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        if client.recv(1) != b"":
            raise Failure("not the end")
    program.finish(0, REQUEST * 2)


# What standard input and output can be.


def flags(descriptor):
    return fcntl.fcntl(descriptor, fcntl.F_GETFL)


def standard_input(kind):
    """Sends a text by way of a file, a pipe, nothing, or a terminal; and O_NONBLOCK is set on none."""
    texts = {"null": b"", "closed": b"", "terminal": b"typed\n"}
    text = texts.get(kind, REQUEST)
    with Listener() as listener:
        keyboard = None
        if kind == "file":
            with open(f"{WORK}/input", "wb") as file:
                file.write(b"read already " + text)
            descriptor = os.open(f"{WORK}/input", os.O_RDONLY)
            os.lseek(descriptor, 13, os.SEEK_SET)
        elif kind == "pipe":
            descriptor, keyboard = os.pipe()
        elif kind == "terminal":
            keyboard, descriptor = pty.openpty()
        elif kind == "socket":
            ours, theirs = socket.socketpair()
            descriptor, keyboard = theirs.detach(), ours.detach()
        else:
            descriptor = os.open("/dev/null", os.O_RDWR)
        before = flags(descriptor)
        command = [NETCAT, *listener.words]
        if kind == "closed":
            command = ["sh", "-c", '"$0" "$@" <&-', *command]
        program = Side(command, stdin=descriptor)
        peer = listener.accept()
        if keyboard is not None:
            os.write(keyboard, text)
            if peer.recv(100) != text:
                raise Failure("another text")
            if kind == "terminal":
                os.write(keyboard, b"\4")
            else:
                os.close(keyboard)
            got = text + receive_all(peer)
        else:
            got = receive_all(peer)
        if got != text:
            raise Failure(f"{got!r}, not {text!r}")
        if flags(descriptor) != before:
            raise Failure("the flags have changed")
        peer.sendall(ANSWER)
        peer.close()
        program.finish(0, ANSWER)
        if flags(descriptor) != before:
            raise Failure("the flags have changed")
        if kind == "file" and os.lseek(descriptor, 0, os.SEEK_CUR) != 13 + len(text):
            raise Failure("the file's position is another")
        os.close(descriptor)


def of_another_user():
    """Pipes that cannot be opened again: each piece only when there is room for it."""
    if os.getuid() != 0:
        return "skipped: needs root"
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", NETCAT]
    with Listener() as listener:
        reader, writer = os.pipe()
        program = Side([*command, *listener.words], stdout=writer)
        peer = listener.accept()
        program.send(REQUEST)
        if peer.recv(100) != REQUEST:
            raise Failure("another request")
        data = bytes(range(256)) * 4096
        sender = threading.Thread(target=peer.sendall, args=(data,))
        sender.start()
        wait_until("a full pipe", lambda: not select.select([], [writer], [], 0)[1])
        program.send(REQUEST)  # the other direction goes on
        if peer.recv(100) != REQUEST:
            raise Failure("another request")
        program.end()
        os.close(writer)
        got = os.read(reader, 5000)
        while len(got) < len(data):
            got += os.read(reader, 1 << 16)
        sender.join()
        peer.close()
        program.finish(0)
        if got != data:
            raise Failure(f"other bytes: {brief(got)}")
        os.close(reader)


def directory_as_input():
    with Listener() as listener:
        descriptor = os.open("/", os.O_RDONLY)
        program = Side([NETCAT, *listener.words], stdin=descriptor)
        program.finish(1, b"")
        program.says("standard input")


def terminal_of_a_listener(name):
    """A person at the terminal need not type an end when the client has left."""
    keyboard, descriptor = pty.openpty()
    place = Place("tcp")
    program = listening(name, place, stdin=descriptor)
    client = socket.create_connection(("127.0.0.1", place.port))
    client.sendall(REQUEST)
    client.close()
    program.finish(0, REQUEST)
    os.close(keyboard)
    os.close(descriptor)


def terminal_as_output():
    """One that nobody looks at holds nothing up, and no flag of it changes."""
    screen, descriptor = pty.openpty()
    before = flags(descriptor)
    with Listener() as listener:
        program = Side([NETCAT, *listener.words], stdout=descriptor)
        peer = listener.accept()
        peer.setblocking(False)
        try:
            while True:
                peer.send(bytes(1 << 16))
        except BlockingIOError:
            pass
        program.send(REQUEST)  # the other direction goes on
        peer.settimeout(PATIENCE)
        if peer.recv(100) != REQUEST:
            raise Failure("another request")
        program.signal(signal.SIGTERM)
        program.finish(INTERRUPTED[signal.SIGTERM])
    if flags(descriptor) != before:
        raise Failure("the flags have changed")
    os.close(screen)
    os.close(descriptor)


def output_closed_early(name, code):
    with Listener() as listener:
        reader, writer = os.pipe()
        program = Side([*PROGRAMS[name], *listener.words], stdout=writer)
        os.close(writer)
        peer = listener.accept()
        peer.sendall(ANSWER)
        if os.read(reader, 100) != ANSWER:
            raise Failure("another answer")
        os.close(reader)
        try:
            while True:
                peer.sendall(bytes(1 << 16))
                if name == "nc":  # goes on until its input ends
                    program.end()
        except OSError:
            pass
        program.finish(code)
        if name == "ours" and program.err:
            raise Failure(f"not quiet: {program.err.decode()}")


def output_closed_from_the_start():
    with Listener() as listener:
        program = Side(["sh", "-c", '"$0" "$@" >&-', NETCAT, *listener.words])
        peer = listener.accept()
        program.send(REQUEST)
        program.end()
        if receive_all(peer) != REQUEST:
            raise Failure("another request")
        peer.sendall(ANSWER)
        peer.close()
        program.finish(0, b"")




# The rest of the command line.


def run(*words, code, says=(), out=None):
    program = Side([NETCAT, *words], stdin=subprocess.DEVNULL)
    program.finish(code, out)
    for text in says:
        program.says(text)


def source_addresses():
    for words, wanted in (
        (["-s", "127.0.0.2"], "127.0.0.2"),
        (["-p", "0"], "127.0.0.1"),
        (["-4s127.0.0.3"], "127.0.0.3"),
    ):
        with Listener() as listener:
            program = Side([NETCAT, *words, *listener.words], stdin=subprocess.DEVNULL)
            peer, address = listener.socket.accept()
            peer.close()
            program.finish(0)
            if address[0] != wanted:
                raise Failure(f"{address[0]}, not {wanted}")
    with Listener() as listener:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = Side([NETCAT, "-p", str(port), *listener.words], stdin=subprocess.DEVNULL)
        peer, address = listener.socket.accept()
        peer.close()
        program.finish(0)
        if address[1] != port:
            raise Failure(f"port {address[1]}, not {port}")


def udp_source_port():
    for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
        with socket.socket(family, socket.SOCK_DGRAM) as peer:
            peer.bind((host, 0))
            peer.settimeout(PATIENCE)
            place = Place("udp")
            words = ["-u", "-w", "1", "-p", str(place.port), host, str(peer.getsockname()[1])]
            program = Side([NETCAT, *words])
            program.send(b"?")
            _, sender = peer.recvfrom(10)
            program.end()
            program.finish(0, b"")
            if sender[:2] != (host, place.port):
                raise Failure(f"from {sender}")


def timelines():
    with Listener() as listener:
        host, port = listener.words
        for words, says in (
            (["-v", host, port], [f"{host}:{port} connected after", "started at"]),
            (["-4v", "localhost", port], [f"localhost:{port} connected after", "resolved after"]),
        ):
            program = Side([NETCAT, *words], stdin=subprocess.DEVNULL)
            listener.accept().close()
            program.finish(0, b"")
            for text in says:
                program.says(text)
    with Listener(backlog=None) as dead:
        host, port = dead.words
        says = [f"{host}:{port} failed after", "connection refused (ECONNREFUSED, errno 111) after"]
        run("-v", host, port, code=1, says=says)
    run("-v", "name.invalid", "80", code=1, says=["name.invalid:80 failed after", "resolve"])
    with Listener(backlog=0) as listener:
        fill = [socket.socket() for _ in range(3)]
        for one in fill:
            one.setblocking(False)
            one.connect_ex(listener.socket.getsockname())
        run("-vw1", *listener.words, code=1, says=["given up after 1", "timed out"])


def scan():
    with Listener() as listener, Listener() as other:
        host = "127.0.0.1"
        first, second = sorted(int(one.words[1]) for one in (listener, other))
        if second - first < 2000:
            out = f"{host}:{first}: open\n{host}:{second}: open\n"
            run("-z", host, f"{first}-{second}", code=0, out=out.encode())
        run("-z", host, str(first), code=0, out=f"{host}:{first}: open\n".encode())
    with Listener(backlog=None) as dead:
        run("-z", *dead.words, code=1, out=b"", says=["connection refused"])
    place = Place("unix")
    run("-zU", place.path, code=1, out=b"", says=["no such file"])


USAGE_ERRORS = """
                                    HOST and PORT are needed
127.0.0.1                           HOST and PORT are needed
127.0.0.1 1 2                       HOST and PORT are needed
127.0.0.1 0                         port 0
127.0.0.1 65536                     65536
127.0.0.1 -1                        unknown option '-1'
127.1 80                            127.1
a..b 80                             a..b
-4 ::1 80                           ::1 is not an IPv4 address
-6 127.0.0.1 80                     127.0.0.1 is not an IPv6 address
-46 localhost 80                    exclude each other
-s localhost 127.0.0.1 80           'localhost' is not an IP address
-6 -s 127.0.0.1 ::1 80              of the other family
-p 65536 127.0.0.1 80               '65536' is not a port
-w 0 127.0.0.1 80                   '0' is not a number of seconds
-w x 127.0.0.1 80                   'x' is not a number of seconds
-w                                  --wait needs a value
-l                                  a PORT is needed
-l 127.0.0.1 65536                  65536
-l 127.0.0.1 http                   'http' is not a port
-l a b 80                           a PORT is needed
-l -s 127.0.0.1 80                  --source is for connecting
-k 127.0.0.1 80                     --keep-open goes with --listen
-zl 127.0.0.1 80                    --zero goes with neither
-zu 127.0.0.1 80                    --zero goes with neither
-z 127.0.0.1 9-8                    runs backwards
-z 127.0.0.1 8-65536                65536
-U                                  a PATH is needed
-U a b                              a PATH is needed
-U4 a                               --unix goes with neither
--frob 127.0.0.1 80                 unknown option '--frob'
-lx 80                              unknown option '-x'
"""


def usage_errors():
    for line in USAGE_ERRORS.splitlines()[1:]:
        words, text = line[:36].split(), line[36:]
        run(*words, code=64, out=b"", says=[text, "usage: Netcat"])
    run("-U", "a" * 108, code=64, out=b"", says=["longer than 107"])
    run("-U", "@a\\x", code=64, out=b"", says=["\\x needs two"])
    run("-U", "", code=64, out=b"", says=["empty path"])
    for word in "--help", "-h":
        program = Side([NETCAT, word], stdin=subprocess.DEVNULL)
        if b"usage: Netcat" not in program.finish(0):
            raise Failure("no usage")


def errors():
    run("name.invalid", "80", code=1, out=b"", says=["resolve to name.invalid:80"])
    run("127.0.0.1", "noservice", code=1, out=b"", says=["service not found"])
    run("-l", "192.0.2.1", "80", code=1, out=b"", says=["address not available"])
    run("-U", "/dev/null", code=1, out=b"", says=["connection refused"])
    run("-lU", "/dev/null", code=1, out=b"", says=["address in use"])
    run("-lU", "/nowhere/x", code=1, out=b"", says=["no such file"])
    run("-s", "192.0.2.1", "127.0.0.1", "80", code=1, out=b"", says=["address not available"])
    with Listener() as listener:
        run("-l", *listener.words, code=1, out=b"", says=["address in use"])


# Memory.


def peak_memory(program):
    with open(f"/proc/{program.process.pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def slow_reader():
    """A gibibyte through two of ours to a reader that pauses: neither keeps more than a little of it."""
    total, step, most = 1 << 30, 32 << 20, 0
    place = Place("tcp")
    reader, writer = os.pipe()
    server = listening("ours", place, stdin=subprocess.DEVNULL, stdout=writer)
    os.close(writer)
    with subprocess.Popen(["head", "-c", str(total), "/dev/zero"], stdout=subprocess.PIPE) as feeder:
        client = Side([NETCAT, *place.words], stdin=feeder.stdout)
        received = 0
        while piece := os.read(reader, 1 << 20):
            received += len(piece)
            if received // step != (received - len(piece)) // step and received < total:
                time.sleep(0.02)
                most = max(most, peak_memory(client), peak_memory(server))
    client.finish(0, b"")
    server.finish(0)
    if received != total:
        raise Failure(f"{received} of {total} bytes")
    if not 0 < most < 32 << 10:
        raise Failure(f"{most} KiB of memory")
    return f"{most} KiB at most"


def all_checks():
    for check in (
        answered_and_closed_before_all_is_sent,
        keep_open_with_input,
        paths,
        of_another_user,
        directory_as_input,
        terminal_as_output,
        output_closed_from_the_start,
        source_addresses,
        udp_source_port,
        timelines,
        scan,
        usage_errors,
        errors,
    ):
        yield (check,)
    yield (half_close,)
    yield half_close, "--no-half-close"
    for name in PROGRAMS:
        yield peer_resets, name, {"ours": 1, "nc": 0, "ncat": 1}[name]
        yield refused, name
        yield connect_times_out, name
        yield output_closed_early, name, {"ours": 0, "nc": 0, "ncat": 2}[name]
        for client in PROGRAMS:
            yield keep_open, name, client
    for name in "ours", "nc":
        yield idle, name
        yield terminal_of_a_listener, name
        for number in signal.SIGINT, signal.SIGTERM:
            yield signals, name, number
    for kind in "file", "pipe", "null", "closed", "terminal", "socket":
        yield standard_input, kind
