#!/usr/bin/env bash
# One listener per reactor on one port: each client is accepted once, by one thread, and no other is woken
# for it.
#
#     Tests/Smoke/shards.sh [CLIENTS]      (400)
#
# Needs a release build of EchoServer, strace and python3.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need strace python3
clients=${1:-400}

start_server --reactors 4 --shards
strace -f -qq -e trace=accept4 -o "$work/trace" -p "$server" 2>"$work/strace.err" &
tracer=$!
started+=("$tracer")
traced() { (($(grep -c '^TracerPid:.[1-9]' /proc/"$server"/task/*/status | grep -c ':1$') >= 5)); }
wait_until "strace" traced
python3 - "$port" "$clients" <<'PYTHON'
import socket, sys

port, clients = int(sys.argv[1]), int(sys.argv[2])
# One after the other, so that each has to be woken for; then all at once.
for _ in range(clients // 2):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients - clients // 2)]
for client in crowd:
    client.sendall(b"x")
for client in crowd:
    assert client.recv(1) == b"x"
    client.close()
PYTHON
kill -INT "$tracer"
wait "$tracer" || true

# An accept that waits is resumed, in strace's words, on another line.
accepted=$(grep -cE 'accept4.* = [0-9]+$' "$work/trace")
empty=$(grep -cE 'accept4.* = -1 EAGAIN' "$work/trace" || true)
threads=$(grep -E 'accept4.* = [0-9]+$' "$work/trace" | cut -d' ' -f1 | sort | uniq -c)
echo "$accepted clients accepted, $empty times nobody; by thread:"
echo "$threads"
((accepted == clients)) || fail "$accepted of $clients clients were accepted"
(($(wc -l <<<"$threads") == 4)) || fail "not all of four shards have got clients"
# Each wake-up finds one client at least, and then the end of the queue: never more often than that.
((empty <= accepted)) || fail "$empty accepts have found nobody"
stop_server
