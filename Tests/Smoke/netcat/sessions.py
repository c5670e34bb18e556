"""Sessions between two programs, in every pairing: streams and datagrams."""

import os
import random
import socket
import time

from peers import *

BULK = {side: random.Random(side).randbytes(6 << 20) for side in ("client", "server")}


# Sessions of two programs: each gets both, tells them what to do, and returns all that each has to print, the
# client first.


def client_ends_first(client, server):
    server.send(ANSWER)  # at hand before the request comes
    client.expect(ANSWER)
    client.send(REQUEST)
    client.end()
    server.expect(REQUEST)
    server.end()
    return ANSWER, REQUEST


def client_ends_first_and_is_answered_then(client, server):
    client.send(REQUEST)
    client.end()
    server.expect(REQUEST)
    time.sleep(0.1)  # for the end, which no output tells of
    server.send(ANSWER)
    server.end()
    return ANSWER, REQUEST


def server_ends_first(client, server):
    server.send(ANSWER)
    server.end()
    client.expect(ANSWER)
    time.sleep(0.1)
    client.send(REQUEST)
    client.end()
    return ANSWER, REQUEST


def both_end_at_once(client, server):
    for side, data in (client, REQUEST), (server, ANSWER):
        side.send(data)
    server.expect(REQUEST)
    client.expect(ANSWER)
    client.end()
    server.end()
    return ANSWER, REQUEST


def nothing_at_all(client, server):
    client.end()
    server.end()
    return b"", b""


def only_the_client_speaks(client, server):
    server.end()
    client.send(REQUEST)
    client.end()
    return b"", REQUEST


def to_and_fro(client, server):
    for number in range(1, 6):
        client.send(b"ping %d\n" % number)
        server.expect(b"".join(b"ping %d\n" % past for past in range(1, number + 1)))
        server.send(b"pong %d\n" % number)
        client.expect(b"".join(b"pong %d\n" % past for past in range(1, number + 1)))
    client.end()
    server.end()
    return bytes(client.out), bytes(server.out)


def bulk_both_ways(client, server):
    client.send(BULK["client"])
    server.send(BULK["server"])
    client.expect(BULK["server"])
    server.expect(BULK["client"])
    client.end()
    server.end()
    return BULK["server"], BULK["client"]


def bulk_both_ways_each_ending_at_once(client, server):
    for side, name in (client, "client"), (server, "server"):
        side.send(BULK[name])
        side.end()
    return BULK["server"], BULK["client"]


SESSIONS = [
    client_ends_first,
    client_ends_first_and_is_answered_then,
    server_ends_first,
    both_end_at_once,
    nothing_at_all,
    only_the_client_speaks,
    to_and_fro,
    bulk_both_ways,
    bulk_both_ways_each_ending_at_once,
]

# Here a listening nc or ncat leaves at the client's end, with what it has not sent yet: they are no reference,
# and cannot be talked to without loss.
LOSSY = {client_ends_first_and_is_answered_then, bulk_both_ways_each_ending_at_once}


def session(run, kind, client, server):
    place = Place(kind)
    second = listening(server, place)
    first = start(client, place)
    try:
        wanted = run(first, second)
        for side, out in zip((first, second), wanted):
            side.finish(0, out)
    finally:
        first.kill()
        second.kill()


def pairings(kind):
    # This ncat takes a name with an @ for a path.
    names = [name for name in PROGRAMS if "abstract" not in kind or name != "ncat"]
    return [(client, server) for client in names for server in names]


# Datagrams.


def udp_exchange(kind, client, server):
    place = Place(kind)
    second = listening(server, place, *(["-w", "2"] if server == "nc" else []))
    first = start(client, place)
    for number in range(3):
        first.send(b"question %d\n" % number)
        second.expect(b"".join(b"question %d\n" % past for past in range(number + 1)))
        second.send(b"answer %d\n" % number)
        first.expect(b"".join(b"answer %d\n" % past for past in range(number + 1)))
    first.kill()
    second.kill()


def udp_boundaries():
    with Listener(kind=socket.SOCK_DGRAM) as peer:
        program = Side([NETCAT, "-u", "-w", "1", *peer.words])
        for payload in b"one", b"\0" * 16384, b"three":
            program.send(payload)
            data, sender = peer.socket.recvfrom(1 << 16)
            if data != payload:
                raise Failure(f"a datagram of {brief(data)}, not {brief(payload)}")
        for payload in b"1", b"", b"3" * 60000:  # the empty one is not the end
            peer.socket.sendto(payload, sender)
        program.end()
        program.finish(0, b"1" + b"3" * 60000)


def udp_strangers():
    place = Place("udp")
    program = listening("ours", place, "-w", "1")
    first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    address = ("127.0.0.1", place.port)
    first.sendto(b"first ", address)
    program.expect(b"first ")
    second.sendto(b"stranger ", address)
    first.sendto(b"again", address)
    program.send(b"answer")
    first.settimeout(PATIENCE)
    if first.recv(100) != b"answer":
        raise Failure("no answer")
    program.finish(0, b"first again")


def unix_datagrams():
    """Longer ones than UDP has; an answer; a peer that is not there; the file goes with the program."""
    place = Place("unix udp")
    gone = start("ours", place)
    gone.finish(1, b"")
    gone.says("no such file")
    program = listening("ours", place, "-w", "1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.settimeout(PATIENCE)
        peer.connect(place.path)
        data = BULK["client"][:150000]
        peer.send(data)
        peer.send(b"")
        peer.send(b"end")
        program.send(b"answer")
        if peer.recv(100) != b"answer":
            raise Failure("no answer")
        program.finish(0, data + b"end")
    if os.path.exists(place.path):
        raise Failure("the socket's file is still there")


def udp_refused():
    program = Side([NETCAT, "-u", "127.0.0.1", "9"])
    program.send(b"anybody?")
    program.finish(1, b"")
    program.says("connection refused")


def all_sessions():
    for kind in "tcp", "tcp6", "unix", "abstract":
        for run in SESSIONS:
            for client, server in pairings(kind):
                if server != "ours" and run in LOSSY:
                    continue
                # Everything over IPv4; elsewhere what is ours, and two sessions of the rarer kinds.
                if kind != "tcp" and "ours" not in (client, server):
                    continue
                if kind in ("tcp6", "abstract") and run not in SESSIONS[1:3]:
                    continue
                yield session, run, kind, client, server
    for client, server in pairings("udp"):
        yield udp_exchange, "udp", client, server
        yield udp_exchange, "unix udp", client, server
    yield udp_exchange, "udp6", "ours", "ours"
    yield udp_exchange, "abstract udp", "ours", "ours"
    for check in udp_boundaries, udp_strangers, udp_refused, unix_datagrams:
        yield (check,)
