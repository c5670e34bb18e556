#!/usr/bin/env python3
"""Steady load for an echo server, in phases that a script can bracket.

    steady_load.py HOST PORT [--connections N] [--size BYTES]

Connects, and sends some requests over every connection so that whatever happens only once has
happened. Prints "warm". Then reads commands from standard input, one a line:

    R   makes R requests, spread evenly over the connections, and prints "done" and the seconds

and closes the connections at the end of the input. A request is SIZE bytes there and back, checked.
"""

import argparse
import asyncio
import sys
import time

WARM_UP = 200


async def request(reader, writer, message):
    writer.write(message)
    if await reader.readexactly(len(message)) != message:
        sys.exit("steady_load.py: other bytes came back than were sent")


async def requests(connection, message, count):
    for _ in range(count):
        await request(*connection, message)


async def phase(connections, size, count):
    """Makes `count` requests; connection i sends a message of its own."""
    share, rest = divmod(count, len(connections))
    async with asyncio.TaskGroup() as group:
        for i, connection in enumerate(connections):
            message = bytes((i + k) % 251 for k in range(size))
            group.create_task(requests(connection, message, share + (i < rest)))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()

    connections = [
        await asyncio.open_connection(options.host, options.port)
        for _ in range(options.connections)
    ]
    warm_up = max(len(connections), min(WARM_UP * len(connections), 20_000))
    await phase(connections, options.size, warm_up)
    print("warm", flush=True)

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        start = time.monotonic()
        await phase(connections, options.size, int(line))
        print(f"done {time.monotonic() - start:.3f}", flush=True)

    for _, writer in connections:
        writer.close()
        await writer.wait_closed()


asyncio.run(main())
