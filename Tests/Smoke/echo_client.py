#!/usr/bin/env python3
"""Sends random bytes to an echo server over some connections at once and checks what comes back.

    echo_client.py HOST PORT [--connections N] [--bytes B]

Each connection ends its side after the last byte, and the end must come right after the last byte back.
Exits with 1 and one line if anything else happens.
"""

import argparse
import asyncio
import hashlib
import random
import sys

PIECE = 1 << 16


async def send(writer, seed, count, digest):
    source = random.Random(seed)
    while count > 0:
        piece = source.randbytes(min(PIECE, count))
        digest.update(piece)
        writer.write(piece)
        await writer.drain()
        count -= len(piece)
    writer.write_eof()


async def receive(reader, digest):
    received = 0
    while piece := await reader.read(PIECE):
        digest.update(piece)
        received += len(piece)
    return received


async def echo(host, port, seed, count):
    reader, writer = await asyncio.open_connection(host, port)
    sent, back = hashlib.sha256(), hashlib.sha256()
    _, received = await asyncio.gather(
        send(writer, seed, count, sent), receive(reader, back)
    )
    writer.close()
    await writer.wait_closed()
    if received != count or sent.digest() != back.digest():
        sys.exit(f"echo_client.py: {received} of {count} bytes came back, or other ones")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=1 << 20)
    options = parser.parse_args()
    async with asyncio.TaskGroup() as group:
        for seed in range(options.connections):
            group.create_task(echo(options.host, options.port, seed, options.bytes))


asyncio.run(main())
