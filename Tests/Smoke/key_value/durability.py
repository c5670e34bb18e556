"""Killed in mid-load: what was confirmed is there after a restart."""

import os
import random
import subprocess
import threading
import time

from programs import Failure, wait_until
from sample_server import expect
from server import Client, Server


class Writer(threading.Thread):
    """A client that counts upwards, in a string, a list, a hash and a counter, and knows what was confirmed."""

    def __init__(self, port, name, depth, first):
        super().__init__(daemon=True)
        self.client = Client(port)
        self.name, self.depth = name, depth
        self.sent = self.confirmed = first

    def run(self):
        try:
            while True:
                numbers = range(self.sent + 1, self.sent + 1 + self.depth)
                batch = bytearray()
                for number in numbers:
                    for words in (
                        ("SET", f"s{self.name}", number, "EX", 1000),
                        ("RPUSH", f"l{self.name}", number),
                        ("HSET", f"h{self.name}", number, number),
                        ("INCR", f"c{self.name}"),
                    ):
                        batch += Client.encode(*words)
                self.sent = numbers[-1]
                self.client.socket.sendall(batch)
                for number in numbers:
                    for _ in range(4):
                        reply = self.client.read()
                        if isinstance(reply, Client.Error):
                            raise Failure(reply)
                    self.confirmed = number
        except (OSError, EOFError):
            pass  # the server was killed

    def check(self, client):
        """What is there is what was confirmed, and perhaps some more of what was sent.

        Returns where the next one goes on."""
        listed = [int(number) for number in client("LRANGE", f"l{self.name}", 0, -1)]
        expect("the list", listed, list(range(1, len(listed) + 1)))
        found = {
            "string": int(client("GET", f"s{self.name}") or 0),
            "list": len(listed),
            "hash": client("HLEN", f"h{self.name}"),
            "counter": int(client("GET", f"c{self.name}") or 0),
        }
        for kind, number in found.items():
            if not self.confirmed <= number <= self.sent:
                raise Failure(f"{kind} {self.name}: {number}; sent {self.sent}, confirmed {self.confirmed}")
        if not 0 < client("TTL", f"s{self.name}") <= 1000:
            raise Failure("the time to live was lost")
        # Later ones are done after earlier ones: so is their log.
        if not found["string"] >= found["list"] >= found["hash"] >= found["counter"]:
            raise Failure(f"not in order: {found}")
        for kind in "slhc":
            client("DEL", f"{kind}{self.name}")


def killed_in_mid_load(program, work, policy):
    path = f"{work}/killed-{policy}.log"
    total = 0
    for cycle in range(3):
        with Server(program, "--append-only", path, "--fsync", policy) as server:
            writers = [Writer(server.port, f"{cycle}.{index}", index % 3 * 8 + 1, 0) for index in range(10)]
            for writer in writers:
                writer.start()
            time.sleep(0.3 + random.random() / 4)
            server.kill()
            for writer in writers:
                writer.join()
        total += sum(writer.confirmed for writer in writers)
        with Server(program, "--append-only", path, "--fsync", policy) as server, server.client() as client:
            for writer in writers:
                writer.check(client)
            expect("what is left", client("DBSIZE"), 0)
            server.kill()
    if total == 0:
        raise Failure("nothing was confirmed")
    return f"{4 * total} changes confirmed, none lost"


def the_disk_before_the_reply(program, work):
    trace, path = f"{work}/trace", f"{work}/traced.log"
    with Server(program, "--append-only", path, "--fsync", "always") as server:
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=fdatasync,sendto", "-o", trace, "-p", str(server.process.pid)],
            stderr=subprocess.PIPE,
        )
        try:
            wait_until("strace", lambda: traced(server.process.pid) or tracer.poll() is not None)
            with server.client() as client:
                for number in range(20):
                    client("SET", "k", number)
                    client("GET", "k")  # for which there is nothing to be written
                # The client has the last reply before the tracer has seen its end.
                wait_until("the last call's end", lambda: len(order(trace)) >= 60)
        finally:
            tracer.terminate()
            tracer.wait()
    expect("synchronizations (f) and replies (s)", order(trace), "fss" * 20)


def order(trace):
    """The calls that have ended, in their order: f for a synchronization, s for a reply."""
    with open(trace) as file:
        return "".join("s" if "sendto" in line else "f" for line in file if " = " in line)


def traced(process):
    """Whether all threads of a process are traced."""
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/status") as status:
            if "TracerPid:\t0\n" in status.read():
                return False
    return True


def a_log_that_is_cut_anywhere(program, work):
    path = f"{work}/whole.log"
    with Server(program, "--append-only", path, "--fsync", "always") as server, server.client() as client:
        for number in range(3):
            client("SET", f"k{number}", "value")
        server.kill()
    with open(path, "rb") as file:
        whole = file.read()
    record = len(whole) // 3
    for cut in random.sample(range(len(whole)), 12) + [0, record]:
        with open(f"{work}/cut.log", "wb") as file:
            file.write(whole[:cut])
        with Server(program, "--append-only", f"{work}/cut.log") as server, server.client() as client:
            expect(f"keys after {cut} bytes", client("DBSIZE"), cut // record)
            client("SET", "new", "value")
            server.kill()
            said = Server.text(server.err)
            if (f"the last {cut % record} bytes are no whole change" in said) != (cut % record > 0):
                raise Failure(f"cut at {cut}: {said!r}")
        with Server(program, "--append-only", f"{work}/cut.log") as server, server.client() as client:
            expect(f"keys after {cut} bytes and one more", client("DBSIZE"), cut // record + 1)
            server.kill()
    with open(f"{work}/bad.log", "wb") as file:
        file.write(whole[:record] + b"garbage" + whole[record:])
    try:
        Server(program, "--append-only", f"{work}/bad.log")
    except Failure as failure:
        if f"byte {record}" not in str(failure):
            raise
    else:
        raise Failure("a log with garbage in the middle is taken for whole")


def expiry_and_the_log(program, work):
    path = f"{work}/expiry.log"
    with Server(program, "--append-only", path, "--fsync", "always") as server, server.client() as client:
        client("SET", "gone", 5, "PX", 30)
        client("SET", "kept", 5, "PX", 30)
        client("INCR", "kept")
        client("PERSIST", "kept")
        time.sleep(0.04)
        expect("the counter", client("INCR", "gone"), 1)  # not 6: it had expired
        client("SET", "later", 1)
        client("PEXPIRE", "later", 200)
        client("SET", "past", 1)
        client("PEXPIREAT", "past", 1)
        client("RPUSH", "past", 1)
        server.kill()
    time.sleep(0.2)
    with Server(program, "--append-only", path) as server, server.client() as client:
        values = [client("GET", "gone"), client("GET", "kept"), client("GET", "later")]
        expect("the values", values, [b"1", b"6", None])
        expect("a list in place of a string", client("LRANGE", "past", 0, -1), [b"1"])
        server.stop()


def a_disk_that_is_full(program, work):
    """Nothing is confirmed that cannot be kept."""
    path = f"{work}/full.log"

    command = [program, "--port", "0", "--append-only", path, "--fsync", "always"]
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "sh", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    client = Client(int(process.stdout.readline().decode().rpartition(":")[2]))
    confirmed = 0
    try:
        while client("SET", f"k{confirmed}", b"x" * 200) == "OK":
            confirmed += 1
    except (EOFError, OSError):
        pass
    said = process.stderr.read().decode()
    expect("the exit code", process.wait(), 1)
    if "File too large" not in said:
        raise Failure(f"no reason is given: {said!r}")
    with Server(program, "--append-only", path) as server, server.client() as client:
        if not confirmed <= client("DBSIZE") <= confirmed + 1:
            raise Failure(f"{client('DBSIZE')} keys, {confirmed} confirmed")
    return f"{confirmed} confirmed"


CHECKS = [
    (killed_in_mid_load, "always"),
    (killed_in_mid_load, "everysec"),
    (the_disk_before_the_reply,),
    (a_log_that_is_cut_anywhere,),
    (expiry_and_the_log,),
    (a_disk_that_is_full,),
]
