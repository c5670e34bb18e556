"""Addresses that mean something on one link only."""

from network import FAR, LINK_LOCAL, NEAR, expect, expect_text


def link_local(network, _):
    # What the far end calls its interface is nothing to the near one.
    here, there = f"{LINK_LOCAL[1]}%{FAR}", f"{LINK_LOCAL[1]}%{NEAR}"
    echo = network.serve("EchoServer", "--host", here, "--port", "7007", "--verbose")
    expect("where it listens", echo.out.decode(), f"listening on [{here}]:7007\n")
    network.start(0, "EchoClient", there, "7007", "--bytes", "1M").finish()
    expect_text("the peer", echo.err.decode(), f"[{LINK_LOCAL[0]}%{FAR}]:")
    yield f"EchoClient, by {there}; its peer is {echo.err.decode().split()[0]}"

    netcat = network.start(0, "Netcat", "-v", there, "7007")
    netcat.send(b"hello")
    netcat.end()
    netcat.finish(out=b"hello")
    expect_text("the address", netcat.err.decode(), f"[{there}]:7007")
    yield f"Netcat: {netcat.err.decode().splitlines()[-1].strip()}"

    client = network.start(0, "EchoClient", LINK_LOCAL[1], "7007")
    client.finish(code=1)
    expect_text("without its zone", client.err.decode(), "invalid argument")
    yield f"without its zone: {client.err.decode().strip()}"
    network.stop(echo)

    far = network.start(1, "Netcat", "-u", "-l", "-v", here, "7008")
    far.says("listening on")
    near = network.start(0, "Netcat", "-u", there, "7008")
    near.send(b"question")
    far.says(f"8 bytes from [{LINK_LOCAL[0]}%{FAR}]:")
    far.send(b"answer")
    near.expect(b"answer")
    yield f"Netcat -u, both ways: {far.err.decode().splitlines()[-1]}"

    udp = network.serve("UDPEcho", "--host", "::", "--port", "7007")
    ask(network, f"[{there}]:7007", sender=f"[{there}]:7007")
    yield f"a datagram's answer is from [{there}]:7007"
    network.stop(udp)

    index = network.ip(1, "-o", "link", "show", FAR).split(":")[0]
    group = network.serve("UDPEcho", "--host", "::", "--port", "7009", "--join", "ff02::7", "--interface", index)
    ask(network, f"[ff02::7%{NEAR}]:7009", sender=f"[{there}]:7009")
    yield f"the group ff02::7%{NEAR}: answered by [{there}]:7009"
    ask(network, "[ff02::7]:7009", NEAR, sender=f"[{there}]:7009")
    yield f"the group ff02::7 by the interface {NEAR}: answered by the same"
    network.stop(group)


def ask(network, address, *words, sender):
    peer = network.start(0, "NetworkPeer", "ask", address, "hello", *words)
    expect("the answer", peer.finish().decode(), f"'hello' from {sender}\n")
