"""A cable that is pulled."""

import re
import time

from network import IPV4, IPV6, NEAR, expect, expect_text
from programs import PATIENCE, Failure, wait_until


def pulled(network, is_brief):
    """The cable is pulled in the midst of traffic, and put back after some seconds."""
    seconds, size = (2.5, 8 << 20) if is_brief else (5, 24 << 20)
    echo = network.serve("EchoServer", "--host", "::", "--port", "7007")
    udp = network.serve("UDPEcho", "--host", "::", "--port", "7007")
    network.remember(IPV4[1], IPV6[1])
    if network.limit("100mbit", 0, 1):
        size *= 16  # so that it is still under way when the cable is out
    addresses = (IPV4[1], IPV6[1])
    transfers = [network.start(0, "EchoClient", address, "7007", "--bytes", size) for address in addresses]
    numbers = send_numbers(network)
    reader = network.start(0, "NetworkPeer", "wait", f"{IPV4[1]}:7007", "deadline=1000")
    said(reader, "connected")
    begun = network.received
    wait_until("a part of the bytes", lambda: network.received > begun + (1 << 20))

    network.pull()
    out = time.monotonic()
    arrived = network.received
    hasty = network.start(0, "Netcat", "-z", "-w", "1", IPV4[1], "7007")
    patient = [network.start(0, "Netcat", "-z", address, "7007") for address in addresses]
    network.start(1, "EchoClient", "::1", "7007", "--bytes", "256K").finish()
    yield "meanwhile the far end goes on serving its own clients"
    hasty.finish(code=1)
    took = time.monotonic() - out
    expect_text("a connect with a deadline", hasty.err.decode(), "timed out")
    if "errno" in hasty.err.decode() or not 0.95 < took < 1.4:
        raise Failure(f"a connect with a deadline of 1 s: {took:.2f} s, {hasty.err.decode()}")
    yield f"a connect with a deadline ends after {took:.2f} s: {hasty.err.decode().strip()}"
    reader.finish()
    line = reader.out.decode().splitlines()[1]
    if not line.startswith("read ") or not line.endswith(": timed out"):
        raise Failure(f"a read with a deadline: {line}")
    yield f"a read with one ends: {line}"
    for peer in numbers:
        before = last(peer, "sent")
        wait_until("further datagrams", lambda: last(peer, "sent") > before + 3)
    time.sleep(max(0, out + seconds - time.monotonic()))
    expect("bytes that came meanwhile", network.received - arrived, 0)
    for peer in (*transfers, *patient):
        if peer.is_over:
            raise Failure(f"{peer.command} has ended: {peer.err.decode()}")
    sent = [last(peer, "sent") for peer in numbers]

    network.plug()
    back = time.monotonic()
    outage = f"{back - out:.1f} s"
    for peer, number in zip(numbers, sent):
        wait_until("an answer", lambda: last(peer, "received") > number)
        peer.signal(15)
        peer.finish(code=128 + 15)
        unexpected = [line for line in peer.out.decode().splitlines() if not re.match("sent|received", line)]
        expect("what UDP complains of", unexpected, [])
    yield f"UDP: {last(numbers[0], 'sent')} datagrams sent without an error, and answered again {since(back)} after"
    for peer, address in zip(patient, (f"{IPV4[1]}:7007", f"[{IPV6[1]}]:7007")):
        peer.finish(out=f"{address}: open\n".encode())
    yield f"connects that were begun meanwhile, over IPv4 and IPv6: connected {since(back)} after"
    for peer in transfers:
        expect_text("a transfer", peer.finish().decode(), f"{size} bytes echoed")
        yield f"without a cable for {outage} in its midst: {peer.out.decode().strip()}"
    network.start(0, "EchoClient", IPV4[1], "7007").finish()
    for server in (echo, udp):
        expect("what the server complains of", network.stop(server), "")


def interface_down(network, _):
    """This machine's own interface is switched off for a second: there is no route."""
    echo = network.serve("EchoServer", "--host", IPV4[1], "--port", "7007")
    udp = network.serve("UDPEcho", "--host", IPV4[1], "--port", "7007")
    numbers = send_numbers(network)
    size = 128 << 20 if network.limit("100mbit", 0, 1) else 8 << 20
    transfer = network.start(0, "EchoClient", IPV4[1], "7007", "--bytes", size)
    begun = network.received
    wait_until("a part of the bytes", lambda: network.received > begun + (1 << 20))
    network.ip(0, "link", "set", NEAR, "down")
    began = time.monotonic()
    for peer in numbers:
        wait_until("an error", lambda: b"was not sent" in peer.out)
    refused = network.start(0, "Netcat", "-z", IPV4[1], "7007")
    refused.finish(code=1)
    expect_text("a connect", refused.err.decode(), "network unreachable", "ENETUNREACH")
    yield f"a connect ends at once: {refused.err.decode().strip()}"
    time.sleep(max(0, began + 1 - time.monotonic()))
    network.ip(0, "link", "set", NEAR, "up")
    for peer in numbers:
        number = last(peer, "sent")
        wait_until("an answer", lambda: last(peer, "received") > number)
        peer.signal(15)
        peer.finish(code=128 + 15)
        for line in peer.out.decode().splitlines():
            if not re.match(r"sent|received|\d+ was not sent: .*: network unreachable \(ENETUNREACH", line):
                raise Failure(f"UDP: {line}")
    line = re.search(r"\d+ was not sent: .*", numbers[0].out.decode())[0]
    yield f"UDP: {numbers[0].out.count(b'was not sent')} datagrams refused ({line}), later ones answered"
    expect_text("the transfer", transfer.finish().decode(), f"{size} bytes echoed")
    yield f"a transfer goes on: {transfer.out.decode().strip()}"
    for server in (echo, udp):
        expect("what the server complains of", network.stop(server), "")


def pulled_for_good(network, _):
    """What finds out that the cable stays out: options, limits, and the kernel itself."""
    echo = network.serve("EchoServer", "--host", "::", "--port", "7007")
    http = network.serve("HTTPServer", "--host", "::", "--port", "8080", "--idle", "2")
    # Where the far end is, is known for IPv4 and asked for IPv6: packets vanish, or are known to have no way.
    network.remember(IPV4[1])
    network.limit("100mbit", 0, 1)
    silent = network.start(0, "NetworkPeer", "wait", f"{IPV4[1]}:7007", "keep-alive=1")
    floods = [
        network.start(0, "NetworkPeer", "flood", f"{IPV4[1]}:7007", "user-timeout=1000"),
        network.start(0, "NetworkPeer", "flood", f"[{IPV6[1]}]:7007", "user-timeout=5000"),
    ]
    for peer in (silent, *floods):
        said(peer, "connected")
    client = network.socket(0)
    client.settimeout(PATIENCE)
    client.connect((IPV4[1], 8080))
    client.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    if not client.recv(1 << 10).startswith(b"HTTP/1.1 200"):
        raise Failure("no answer")
    expect("connections of the HTTP server", network.connections(1, 8080), 1)
    begun = network.received
    wait_until("a part of the bytes", lambda: network.received > begun + (1 << 20))

    network.pull()
    out = time.monotonic()
    connect = network.start(0, "Netcat", "-z", IPV6[1], "7007")
    both = ("read", "write")
    for what, peer, operations, reason in (
        ("a user timeout of 1 s", floods[0], both, "timed out"),
        ("a keep-alive of 1 s", silent, ("read",), "timed out"),
        ("a user timeout of 5 s, where nobody knows the way", floods[1], both, "host unreachable"),
    ):
        peer.finish()
        took = since(out)
        lines = peer.out.decode().splitlines()[1:]
        # Each is said twice: whatever has ended the connection stays its end.
        expect(f"{what}: what has failed", sorted(line.split()[0] for line in lines), sorted(operations * 2))
        for line in lines:
            # A write that finds the read told already says that the pipe is broken.
            is_late = line.startswith("write") and "broken pipe" in line and line != lines[-1]
            if not is_late:
                expect_text(what, line, reason, "errno")
        yield f"{what}: {took} after, {' and '.join(operations)} say, and go on to say: {lines[-1]}"
    wait_until("the end of the idle client", lambda: network.connections(1, 8080) == 0)
    yield "a server's idle limit: the client is dropped"
    connect.finish(code=1)
    expect_text("a connect", connect.err.decode(), "host unreachable", "EHOSTUNREACH")
    yield f"a connect without a deadline: {connect.err.decode().strip()}"
    client.close()

    network.plug()
    # For a moment the kernel goes on to say that nobody is there.
    wait_until("the way", lambda: network.connects(0, IPV6[1], 7007))
    for address in (IPV4[1], IPV6[1]):
        network.start(0, "EchoClient", address, "7007").finish()
    network.stop(echo)
    network.stop(http)
    yield "the cable is back, and both servers serve and end in good order"


def send_numbers(network):
    """Datagrams from a socket that sends to anybody, and from one that is connected."""
    command = "NetworkPeer", "datagrams", f"{IPV4[1]}:7007"
    peers = [network.start(0, *command), network.start(0, *command, "--connected")]
    for peer in peers:
        wait_until("an answer", lambda: last(peer, "received") > 0)
    return peers


def said(peer, word):
    wait_until(f"'{word}' of {peer.command}", lambda: word.encode() in peer.out or peer.is_over)
    expect_text(peer.command, peer.out.decode() + peer.err.decode(), word)


def last(peer, word):
    """The highest number that a peer has sent, or received."""
    return max((int(number) for number in re.findall(rf"^{word} (\d+)", peer.out.decode(), re.MULTILINE)), default=0)


def since(moment):
    return f"{time.monotonic() - moment:.1f} s"
