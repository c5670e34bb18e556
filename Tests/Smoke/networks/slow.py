"""A slow cable, and clients that are slow for other reasons."""

import hashlib
import shutil
import socket
import time

from network import IPV4, expect, resident
from programs import PATIENCE, Failure, wait_until

CURL = shutil.which("curl")


def downloads(network, is_brief):
    """Files and bodies that take longer than the limits for who does nothing."""
    # Mbit/s, bytes, seconds: as long as a write may stand still while the kernel delivers what it has.
    rate, size, limit = (4, 1 << 20, 2) if is_brief else (1, 2 << 20, 6)
    content = hashlib.shake_128(b"networks").digest(size)
    (network.work / "large").write_bytes(content)
    words = "--host", IPV4[1], "--port", "8080", "--root", network.work, "--idle", limit, "--head", limit
    server = network.serve("HTTPServer", *words)
    target, way = slow_way(network, rate)
    yield way
    memory = resident(server)
    peak = memory
    shortest = size * 8 / (rate * 1_000_000) * 0.8
    for what, words in (("a file", ["/large"]), ("a body there and back", ["/echo", "-T", network.work / "large"])):
        fetched = network.work / "fetched"
        words = ["-sS", "--max-time", "60", "-o", fetched, f"http://{target[0]}:{target[1]}{words[0]}", *words[1:]]
        begun = time.monotonic()
        client = network.start(0, CURL, *words)
        while not client.is_over:
            peak = max(peak, resident(server))
            time.sleep(0.02)
        took = time.monotonic() - begun
        client.finish()
        if fetched.read_bytes() != content:
            raise Failure(f"{what}: other bytes")
        if took < shortest:
            raise Failure(f"{what}: {size} bytes in {took:.2f} s: the cable is not slow")
        yield f"{what}, {size} bytes in {took:.1f} s at {rate} Mbit/s, whole, limit {limit} s"
    if peak - memory > 2048:
        raise Failure(f"the server's memory: from {memory} to {peak} KiB")
    yield f"the server's memory meanwhile: +{peak - memory} KiB"

    client = connect(network, target)
    client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    begun = time.monotonic()
    wait_until("the end of a client that reads nothing", lambda: network.connections(1, 8080) == 0)
    took = time.monotonic() - begun
    expect_between("a client that reads nothing is dropped after", took, limit, limit + 3)
    client.close()
    yield f"a client that reads nothing is dropped after {took:.1f} s"

    client = connect(network, target)
    client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    begun = time.monotonic()
    dropped = None
    while dropped is None and time.monotonic() - begun < PATIENCE:
        try:
            client.sendall(b"x")
            client.settimeout(0.2)
            dropped = b"" if not client.recv(1 << 16) else None
        except TimeoutError:
            pass
        except OSError as error:
            dropped = error
    took = time.monotonic() - begun
    expect_between("a client that sends a byte every 0.2 s is dropped after", took, limit, limit + 3)
    client.close()
    yield f"a client that sends a byte every 0.2 s is dropped after {took:.1f} s"
    expect("what the server complains of", network.stop(server), "")


def backpressure(network, _):
    """A client that sends fast and gets its bytes back by a slow cable: the writer waits, and nothing piles up."""
    for name in ("tcp_rmem", "tcp_wmem"):
        network.set_kernel(1, f"ipv4/{name}", "4096 65536 131072")
    server = network.serve("EchoServer", "--host", IPV4[1], "--port", "7007", "--reactors", "1")
    network.limit("4mbit", 1)  # without, it is as fast as the client reads, which comes to the same
    client = network.socket(0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)
    client.settimeout(PATIENCE)
    client.connect((IPV4[1], 7007))
    # All that a connection and a snapshot need for once is there afterwards.
    client.sendall(b"x" * 1000)
    received = 0
    while received < 1000:
        received += len(client.recv(1000))
    server.signal(10)
    server.says("suspended writers 0")
    memory = resident(server)
    content = hashlib.shake_128(b"backpressure").digest(8 << 20)
    client.settimeout(0.5)
    sent = 0
    try:
        while sent < len(content):
            sent += client.send(content[sent : sent + (1 << 14)])
    except TimeoutError:
        pass
    if sent > 1 << 20:
        raise Failure(f"{sent} bytes were taken from a client that reads nothing")
    server.signal(10)
    server.says("suspended writers 1")
    grown = resident(server) - memory
    if grown > 512:
        raise Failure(f"the server's memory: +{grown} KiB")
    ticks = processor_time(server)
    yield f"after {sent} bytes no more is taken, the writer is suspended, memory +{grown} KiB"
    time.sleep(0.5)
    expect_between("the processor time meanwhile, in ticks", processor_time(server) - ticks, 0, 2)
    client.settimeout(PATIENCE)
    client.shutdown(socket.SHUT_WR)
    received = bytearray()
    while piece := client.recv(1 << 16):
        received += piece
    expect("the bytes that came back", received == content[:sent], True)
    client.close()
    yield "once the client reads, all of them come back"
    network.stop(server)


def slow_way(network, rate):
    """Makes the way to the HTTP server slow.

    By the kernel's token bucket; where there is none, by a proxy that passes on so many bytes a second.

    Returns the address to connect to, and which it was.
    """
    reason = network.limit(f"{rate}mbit", 0, 1)
    if not reason:
        return (IPV4[1], 8080), f"a token bucket of {rate} Mbit/s in each direction"
    bytes_a_second = f"rate={rate * 125_000}"
    words = [f"{IPV4[1]}:8080", "to-server", bytes_a_second, "to-client", bytes_a_second]
    proxy = network.start(0, "FaultPeer", *words)
    wait_until("the proxy", lambda: b"\n" in proxy.out)
    host, _, number = proxy.out.decode().split()[2].rpartition(":")
    return (host, int(number)), f"no token bucket ({reason}): a proxy of {rate} Mbit/s"


def connect(network, target):
    client = network.socket(0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
    client.settimeout(PATIENCE)
    client.connect(target)
    return client


def processor_time(side):
    with open(f"/proc/{side.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def expect_between(what, found, least, most):
    if not least <= found <= most:
        raise Failure(f"{what}: {found}, not {least} to {most}")
