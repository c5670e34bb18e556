"""What the server has to answer: to clients that keep to the rules, and to others."""

import contextlib
import socket
import subprocess
import threading
import time

from programs import PATIENCE, Failure, reset, wait_until
from sample_server import expect
from server import Client, Server

SESSION = """\
PING > PONG
PING again > "again"
ECHO "two words" > "two words"
SELECT 0 > OK
SELECT 1 > (error) ERR DB index is out of range
SET k v > OK
GET k > "v"
SET k w NX > (nil)
SET k w XX GET > "v"
SET none w XX > (nil)
SET k x EX 100 > OK
TTL k > (integer) 100
SET k y KEEPTTL > OK
TTL k > (integer) 100
PERSIST k > (integer) 1
TTL k > (integer) -1
TTL none > (integer) -2
EXPIRE k 7 > (integer) 1
PTTL none > (integer) -2
SET k z > OK
TTL k > (integer) -1
EXPIRE k -1 > (integer) 1
EXISTS k > (integer) 0
SET k x EX 0 > (error) ERR invalid expire time in 'set' command
SET k x EX > (error) ERR syntax error
SET k x NX XX > (error) ERR syntax error
INCR n > (integer) 1
INCRBY n 41 > (integer) 42
DECR n > (integer) 41
DECRBY n 1 > (integer) 40
INCRBY n 9223372036854775807 > (error) ERR increment or decrement would overflow
INCRBY n 9223372036854775808 > (error) ERR value is not an integer or out of range
SET n 007 > OK
INCR n > (error) ERR value is not an integer or out of range
MSET a 1 b 2 > OK
MSET a 1 b > (error) ERR wrong number of arguments for 'mset' command
MGET a b none > 1) "1" 2) "2" 3) (nil)
EXISTS a b a none > (integer) 3
DEL a b none > (integer) 2
RPUSH l b c > (integer) 2
LPUSH l a > (integer) 3
LRANGE l 0 -1 > 1) "a" 2) "b" 3) "c"
LRANGE l -2 100 > 1) "b" 2) "c"
LRANGE l 5 9 > (empty array)
LLEN l > (integer) 3
TYPE l > list
GET l > (error) WRONGTYPE Operation against a key holding the wrong kind of value
LPUSH n x > (error) WRONGTYPE Operation against a key holding the wrong kind of value
LPOP l > "a"
RPOP l 5 > 1) "c" 2) "b"
LPOP l > (nil)
TYPE l > none
HSET h f 1 g 2 > (integer) 2
HSET h f 3 > (integer) 0
HGET h f > "3"
HGET h none > (nil)
HDEL h g none > (integer) 1
HLEN h > (integer) 1
HGETALL h > 1) "f" 2) "3"
TYPE h > hash
HDEL h f > (integer) 1
EXISTS h > (integer) 0
SET k1 1 > OK
SET k[2] 2 > OK
KEYS k?1* > (empty array)
KEYS k[1] > 1) "k1"
KEYS k\\[* > 1) "k[2]"
SCAN 0 MATCH k1 COUNT 10 > 1) "0" 2) 1) "k1"
DBSIZE > (integer) 3
CONFIG GET save > 1) "save" 2) ""
CLIENT SETNAME me > OK
CLIENT GETNAME > "me"
COMMAND COUNT > (integer) 48
NOSUCH 1 2 > (error) ERR unknown command 'NOSUCH'
GET > (error) ERR wrong number of arguments for 'get' command
PUBLISH channel message > (integer) 0
FLUSHALL > OK
DBSIZE > (integer) 0"""


def a_session_of_redis_cli(program, work):
    lines = [line.rsplit(" > ", 1) for line in SESSION.splitlines()]
    with Server(program) as server:
        # All on one connection, and what a terminal would show.
        output = subprocess.run(
            ["redis-cli", "-p", str(server.port), "--no-raw"],
            input="\n".join(command for command, _ in lines),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        ).stdout
        rest = " ".join(output.split())
        for command, wanted in lines:
            if not rest.startswith(wanted):
                raise Failure(f"{command}: {rest[:80]!r}, not {wanted!r}")
            rest = rest[len(wanted) :].lstrip()
        expect("the rest", rest, "")
        server.stop()
    return f"{len(lines)} commands"


def version_3_of_the_protocol(program, work):
    with Server(program) as server:
        server.cli("HSET", "h", "f", "v")
        flags = ("-3", "--no-raw")
        expect("a map", server.cli("HGETALL", "h", flags=flags), '1# "f" => "v"')
        expect("nothing", server.cli("GET", "none", flags=flags), "(nil)")
        with server.client() as client:
            greeting = client("HELLO", 3, "SETNAME", "three")
            expect("the version", greeting[b"proto"], 3)
            expect("the name", client("CLIENT", "GETNAME"), b"three")
            expect("a version", client("HELLO", 4), "NOPROTO unsupported protocol version")
            expect("a subscription", client("SUBSCRIBE", "c"), (b"subscribe", b"c", 1))
            expect("a command besides", client("ECHO", "x"), b"x")
            client.send("PUBLISH", "c", "to oneself")
            replies = [client.read(), client.read()]
            expect("a message", replies, [(b"message", b"c", b"to oneself"), 1])
            client("UNSUBSCRIBE")
            client("HELLO", 2)
            expect("version 2 again", client("SUBSCRIBE", "c"), [b"subscribe", b"c", 1])
            expect("receivers", server.cli("PUBLISH", "c", "hello"), "1")
            expect("a message of version 2", client.read(), [b"message", b"c", b"hello"])


def requests_in_pieces_and_in_heaps(program, work):
    with Server(program) as server, server.client() as client:
        request = Client.encode("SET", b"a\r\n\0b", b"\xff" * 9)
        for byte in request:
            client.socket.sendall(bytes([byte]))
        expect("a reply", client.read(), "OK")
        expect("bytes", client("GET", b"a\r\n\0b"), b"\xff" * 9)
        # Many at once, of all sizes, with empty ones between: as many replies, in order.
        heap, sizes = bytearray(), [7 * number % 70_000 for number in range(1, 500)]
        for number, size in enumerate(sizes):
            heap += b"*0\r\n\r\n" if number % 9 == 0 else b""
            heap += Client.encode("SET", f"k{number}", b"x" * size) + Client.encode("GET", f"k{number}")
        heap += b"ECHO 'a person types'\r\n"
        side = socket.create_connection(("127.0.0.1", server.port))
        side.settimeout(PATIENCE)
        writer = threading.Thread(target=side.sendall, args=(heap,))
        writer.start()
        client.close()
        client.socket, client.file = side, side.makefile("rb")
        for size in sizes:
            expect("a reply", client.read(), "OK")
            expect("a value's size", len(client.read()), size)
        expect("the last reply", client.read(), b"a person types")
        writer.join()


# The longest no longer than they have to be: more than 64 KiB behind the error would be answered by a reset.
BAD = [
    (b"*1\r\n+PING\r\n", "expected '$', got \"+\""),
    (b"*1\r\n$x\r\n", "invalid bulk length"),
    (b"*1\r\n$-1\r\n", "invalid bulk length"),
    (b"*1\r\n$4\r\nPINGxx", "expected CR LF behind a bulk string"),
    (b"*1x\r\n", "invalid multibulk length"),
    (b"*1048577\r\n", "invalid multibulk length"),
    (b"*99999999999999999999999\r\n", "invalid multibulk length"),
    (b"*2\r\n$3\r\nGET\r\n$100000\r\n", "a request of more than 65536 bytes"),
    (b"*3000\r\n" + (b"$40\r\n" + b"x" * 40 + b"\r\n") * 1450, "a request of more"),
    (b"SET k 'v\r\n", "unbalanced quotes in request"),
    (b"x" * 65_600, "too big inline request"),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nFLUSHALL\r\n", "this is not a web server"),
    (b"\xff\xfe\r\n*1\r\n$", None),
]


def bytes_that_are_no_requests(program, work):
    with Server(program, "--max-request", "64K") as server:
        server.cli("SET", "k", "v")
        for data, wanted in BAD:
            with server.client() as client:
                client.socket.sendall(Client.encode("PING"))
                client.socket.sendall(data)
                with contextlib.suppress(OSError):  # the server was faster
                    client.socket.shutdown(socket.SHUT_WR)
                answer = client.file.read()
                expect("what comes before", answer[:7], b"+PONG\r\n")
                if wanted and f"-ERR Protocol error: {wanted}".encode() not in answer:
                    raise Failure(f"{data[:40]!r}: {answer!r}")
        with server.client() as client:
            client.socket.sendall(b"*2\r\n$3\r\nGE")
            client.file.close()  # it shares the socket
            reset(client.socket)
        expect("what is left", server.cli("GET", "k"), "v")
        server.stop()
        errors = Server.text(server.err).splitlines()
        expect("errors but for the reset", [line for line in errors if "reset by peer" not in line], [])
    return f"{len(BAD)} kinds"


def keys_that_expire(program, work):
    with Server(program) as server, server.client() as client:
        client("SET", "short", 1, "PX", 40)
        client("SET", "long", 1, "EX", 100)
        client("RPUSH", "list", 1)
        client("PEXPIRE", "list", 40)
        time.sleep(0.05)
        expect("a string", client("GET", "short"), None)
        expect("a list", client("EXISTS", "list"), 0)
        # A new one does not inherit the time.
        client("SET", "short", 2)
        expect("the time", client("PTTL", "short"), -1)
        client("SET", "unasked", 1, "PX", 1)
        wait_until("the removal", lambda: client("DBSIZE") == 2)


def messages_to_subscribers(program, work):
    with Server(program) as server:
        listener = subprocess.Popen(
            ["redis-cli", "-p", str(server.port), "SUBSCRIBE", "news", "more"],
            stdout=subprocess.PIPE,
        )
        try:
            for _ in range(6):
                listener.stdout.readline()
            with server.client() as two, server.client() as sender:
                expect("a pattern", two("PSUBSCRIBE", "n*"), [b"psubscribe", b"n*", 1])
                expect("receivers", sender("PUBLISH", "news", "hello"), 2)
                heard = [listener.stdout.readline() for _ in range(3)]
                expect("a message", heard, [b"message\n", b"news\n", b"hello\n"])
                expect("the other", two.read(), [b"pmessage", b"n*", b"news", b"hello"])
                refusal = two("GET", "k")
                expect("a command", refusal[:24], "ERR Can't execute 'get':")
                expect("a ping", two("PING"), [b"pong", b""])
                expect("the end", two("PUNSUBSCRIBE"), [b"punsubscribe", b"n*", 0])
                expect("a command again", two("GET", "k"), None)
                expect("receivers", sender("PUBLISH", "news", "hello"), 1)
        finally:
            listener.kill()
            listener.wait()
        with server.client() as sender:
            wait_until("the leave", lambda: sender("PUBLISH", "news", "anybody?") == 0)


def a_subscriber_that_does_not_read(program, work):
    with Server(program) as server, server.client() as deaf, server.client() as sender:
        deaf("SUBSCRIBE", "c")
        longest, count = 0, 0
        while True:
            begun = time.monotonic()
            heard = sender("PUBLISH", "c", b"x" * 100_000)
            longest = max(longest, time.monotonic() - begun)
            if heard == 0:
                break
            count += 1
            if count > 2000:
                raise Failure("the subscriber is not cut off")
        try:
            while deaf.socket.recv(1 << 20):
                pass
            raise Failure("the subscriber's stream ends as if it were whole")
        except ConnectionResetError:
            pass
        server.stop()
        if "does not read its messages" not in Server.text(server.err):
            raise Failure(f"no reason is given: {Server.text(server.err)}")
    return f"cut off after {count} messages of 100 kB; none took longer than {longest * 1000:.0f} ms"


def a_client_that_does_not_read(program, work):
    with Server(program) as server, server.client() as other:
        other("SET", "large", b"x" * 1_000_000)
        deaf = socket.create_connection(("127.0.0.1", server.port))
        deaf.sendall(Client.encode("GET", "large") * 300)
        for _ in range(100):
            expect("another client", other("PING"), "PONG")
        with open(f"/proc/{server.process.pid}/status") as status:
            memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        if memory > 100_000:
            raise Failure(f"{memory} kB of memory for replies that nobody reads")
        deaf.close()
    return f"{memory} kB"


def limits(program, work):
    with Server(program, "--max-memory", "1M", "--max-clients", "2") as server:
        with server.client() as client, server.client() as second:
            for number in range(2000):
                if isinstance(answer := client("SET", f"k{number}", b"x" * 1000), Client.Error):
                    break
            expect("the refusal", answer[:19], "OOM command not all")
            expect("a look", client("GET", "k1"), b"x" * 1000)
            client("DEL", *(f"k{number}" for number in range(100)))
            expect("room again", client("SET", "k", "v"), "OK")
            third = server.client()
            third.send("PING")
            second("QUIT")
            second.close()
            expect("the third client", third.read(), "PONG")
            third.close()
            client("FLUSHALL")
            info = client("INFO").decode()
            if "used_memory:0\r\n" not in info:
                raise Failure(f"an empty database takes memory: {info}")
    return f"{number} values of 1 kB in 1 MB"


def benchmark(program, work):
    with Server(program) as server:
        for depth in "1", "16":
            result = subprocess.run(
                ["redis-benchmark", "-p", str(server.port), "-t", "ping,set,get,incr,lpush,lpop,mset"]
                + ["-n", "5000", "-c", "50", "-P", depth, "--csv"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if result.returncode or "rror" in result.stdout + result.stderr:
                raise Failure(f"redis-benchmark: {result.stdout}{result.stderr}")
            expect("the tests", len(result.stdout.splitlines()), 9)
        # It sends whole batches, and so a few more than it was told to.
        count = int(server.cli("GET", "counter:__rand_int__"))
        if not 10_000 <= count < 10_016:
            raise Failure(f"the counter: {count}")
        server.stop()
        expect("errors", Server.text(server.err), "")


def command_lines(program, work):
    def run(*words):
        return subprocess.run([program, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)

    found = run("--help")
    if found.returncode or not found.stdout.startswith("usage: KeyValueServer"):
        raise Failure(f"--help: {found}")
    for words in ["--port"], ["--port", "x"], ["--fsync", "often"], ["--max-memory", "0"], ["surplus"]:
        found = run(*words)
        if found.returncode != 64 or "usage:" not in found.stderr:
            raise Failure(f"{words}: {found}")
    with open(f"{work}/no.log", "w") as file:
        file.write("this is no log\n")
    with Server(program, "--append-only", f"{work}/locked.log") as server:
        for words, reason in (
            (["--port", str(server.port)], "in use"),
            (["--append-only", f"{work}/locked.log"], "cannot lock"),
            (["--append-only", f"{work}/no.log"], "is no log: byte 0"),
            (["--append-only", f"{work}/none/log"], "No such file"),
            (["--append-only", work], "Is a directory"),
        ):
            found = run(*words)
            if found.returncode != 1 or reason not in found.stderr:
                raise Failure(f"{words}: {found}")
        # A client that is idle is not waited for, and a signal ends the server in good order.
        with server.client() as client:
            client("SET", "k", "v")
            server.stop(2)
            expect("the end", client.file.read(), b"")
    with Server(program) as server:
        expect("a client's order to end", server.cli("SHUTDOWN"), "")
        server.stop(None)


CHECKS = [
    a_session_of_redis_cli,
    version_3_of_the_protocol,
    requests_in_pieces_and_in_heaps,
    bytes_that_are_no_requests,
    keys_that_expire,
    messages_to_subscribers,
    a_subscriber_that_does_not_read,
    a_client_that_does_not_read,
    limits,
    benchmark,
    command_lines,
]
