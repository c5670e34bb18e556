"""Machines with one address family."""

import re
import sys
from pathlib import Path

from network import FAR, IPV4, IPV6, NEAR, expect, expect_text
from programs import Failure
from zones import ask

WITHOUT_IPV6 = [sys.executable, "-B", str(Path(__file__).with_name("without_ipv6.py"))]


def without_ipv4(network, _):
    """No IPv4 address anywhere, not even that of the loopback interface."""
    for end, interface in enumerate((NEAR, FAR)):
        network.ip(end, "-4", "address", "flush", "dev", interface)
        network.ip(end, "-4", "address", "flush", "dev", "lo")
    yield from exchange(network, IPV6[1], ("far4.example", "network unreachable"), (IPV4[1], "address not available"))
    waiting = network.serve("EchoServer", "--host", "0.0.0.0", "--port", "7008")
    network.ip(1, "address", "add", f"{IPV4[1]}/24", "dev", FAR)
    network.ip(0, "address", "add", f"{IPV4[0]}/24", "dev", NEAR)
    network.start(0, "EchoClient", IPV4[1], "7008").finish()
    network.stop(waiting)
    yield "the wildcard of IPv4 listens, and serves who comes once there are addresses"


def without_ipv6(network, _):
    """IPv6 is switched off, as many do (`disable_ipv6`): its sockets can be made, but have no address."""
    for end in (0, 1):
        network.set_kernel(end, "ipv6/conf/all/disable_ipv6", 1)
    yield from exchange(network, IPV4[1], ("far6.example", "address not available"), (IPV6[1], "address not available"))


def exchange(network, address, unreachable, foreign):
    """What works in the one family, on a wildcard that is for both, and how the other one fails."""
    echo = network.serve("EchoServer", "--host", "::", "--port", "7007", "--verbose")
    network.start(0, "EchoClient", address, "7007", "--bytes", "1M").finish()
    yield f"a listener on the wildcard of both: serves {echo.err.decode().split()[0]}"
    yield connect(network, address)
    name, reason = unreachable
    failed = network.start(0, "Resolve", name, "7007")
    failed.finish(code=1)
    expect_text(name, failed.err.decode(), reason)
    yield f"{failed.err.decode().strip()}"
    network.stop(echo)

    local = network.start(1, "Netcat", "-l", "localhost", "7010")
    local.says("listening on")
    at_home = network.start(1, "Netcat", "localhost", "7010")
    at_home.send(b"hello")
    local.expect(b"hello")
    for side in (at_home, local):
        side.end()
    for side in (at_home, local):
        side.finish()
    yield f"localhost: {', '.join(local.err.decode().splitlines())}"

    udp = network.serve("UDPEcho", "--host", "::", "--port", "7007")
    target = f"[{address}]:7007" if ":" in address else f"{address}:7007"
    ask(network, target, sender=target)
    network.stop(udp)
    yield f"UDPEcho on the wildcard of both answers from {target}"

    other, reason = foreign
    refused = network.start(1, "EchoServer", "--host", other, "--port", "7007")
    refused.finish(code=1)
    expect_text("the other family's address", refused.err.decode(), reason)
    yield refused.err.decode().strip()


def connect(network, address, **options):
    """By a name that has an address of each family: without a delay."""
    client = network.start(0, "Resolve", "far.example", "7007", **options)
    out = client.finish().decode()
    expect_text("the connection", out, "connected: ", address)
    found = re.search(r"connected after (\d+)\.\d ms", out)
    if int(found[1]) >= 200:
        raise Failure(f"a delay: {out}")
    tried = "; ".join(line.strip() for line in out.splitlines() if re.match(r" +\S", line))
    return f"by name, {found[0]}: {tried}"


def kernel_without_ipv6(network, _):
    """The kernel knows no IPv6 at all (`ipv6.disable=1`): its sockets cannot be made."""
    for words in (["EchoServer", "--host", "::"], ["UDPEcho", "--host", "::"], ["Netcat", "-l"], ["Netcat", "-lu"]):
        port = ["7007"] if words[0] == "Netcat" else ["--port", "7007"]
        server = network.start(1, *words, *port, wrapper=WITHOUT_IPV6)
        server.finish(code=1)
        expect_text("the wildcard", server.err.decode(), "not supported", "EAFNOSUPPORT")
        yield f"{' '.join(words)}: {server.err.decode().strip()}"
    echo = network.serve("EchoServer", "--host", "0.0.0.0", "--port", "7007", wrapper=WITHOUT_IPV6)
    client = network.start(0, "EchoClient", IPV4[1], "7007", "--bytes", "1M", wrapper=WITHOUT_IPV6)
    client.finish()
    yield f"over IPv4: {client.out.decode().strip()}"
    yield connect(network, IPV4[1], wrapper=WITHOUT_IPV6)
    network.stop(echo)
