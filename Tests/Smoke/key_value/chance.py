"""Commands with words of chance, and bytes with errors in them: the server lives on, and its log tells the same."""

import os
import random
import socket
import time

from programs import Failure
from sample_server import expect
from server import Client, Server

SECONDS = 2

COMMANDS = """get set mget mset incr decr incrby decrby lpush rpush lpop rpop lrange llen hset hget hdel hgetall hlen del
exists type keys scan dbsize flushall expire pexpire expireat pexpireat ttl pttl persist ping echo hello client select
info config command publish subscribe psubscribe unsubscribe punsubscribe quit""".split()

NUMBERS = [b"0", b"1", b"-1", b"3", b"007", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775"]
OPTIONS = [b"EX", b"PX", b"NX", b"XX", b"GET", b"KEEPTTL", b"PXAT", b"SETNAME", b"MATCH", b"COUNT"]
OTHERS = [b"k", b"k2", b"l", b"h", b"", b"*", b"[a-", b"\\", b"x" * 300, b"\xff\r\n"]
WORDS = NUMBERS + OPTIONS + 2 * OTHERS


def requests(chance):
    """A few requests, in three cases of ten with errors in them."""
    data = bytearray()
    for _ in range(chance.randrange(1, 10)):
        words = (chance.choice(WORDS) for _ in range(chance.randrange(6)))
        data += Client.encode(chance.choice(COMMANDS), *words)
    if chance.random() < 0.3:
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + 3]
            case 2:
                data[place:place] = bytes(chance.choices(b"*$\r\n-0123456789'\"", k=3))
    return data


def contents(client):
    """Everything, by key; nothing expires from here on."""
    found = {}
    for key in client("KEYS", "*"):
        client("PERSIST", key)
        match client("TYPE", key):
            case "string":
                found[key] = client("GET", key)
            case "list":
                found[key] = client("LRANGE", key, 0, -1)
            case "hash":
                pairs = client("HGETALL", key)
                found[key] = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return found


def commands_of_chance(program, work):
    seed = random.randrange(1 << 32)
    chance, count, path = random.Random(seed), 0, f"{work}/chance.log"
    with Server(program, "--append-only", path, "--max-request", "64K") as server:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.settimeout(0.02)
                try:
                    for _ in range(chance.randrange(1, 30)):
                        client.sendall(requests(chance))
                        count += 1
                    client.recv(1 << 16)
                except OSError:
                    pass  # told to go, or not fast enough
            if server.process.poll() is not None:
                raise Failure(f"the server has died, seed {seed}: {server.text(server.err)[-1000:]}")
        with server.client() as client:
            before = contents(client)
            server.kill()
    with Server(program, "--append-only", path) as server, server.client() as client:
        expect(f"what the log tells, seed {seed}", contents(client), before)
    return f"{count} heaps, a log of {os.path.getsize(path)} bytes"


CHECKS = [(commands_of_chance,)]
