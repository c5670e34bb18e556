#!/usr/bin/env bash
# Unix-domain sockets of every kind against socat and Python, each in both roles.
#
# Needs release builds of EchoServer and UnixPeer, socat and python3.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need socat python3 cmp
peer=$bin/UnixPeer
[[ -x $peer ]] || fail "$peer is missing: swift build -c release"
name=sockets-smoke-$$

expect() {
  local what=$1 wanted=$2 got=$3
  [[ $got == "$wanted" ]] || fail "$what: '$got', not '$wanted'"
  echo "ok: $what"
}

start_unix_server() {
  : >"$work/out"
  "$bin/EchoServer" "$@" >"$work/out" 2>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "the line of the server" grep -q '^listening on ' "$work/out"
}

# The echo server on a path: socat connects, a mebibyte there and back, half-closed.
start_unix_server --unix "$work/echo.sock"
head -c 1048576 /dev/urandom >"$work/sent"
socat -t 10 - "UNIX-CONNECT:$work/echo.sock" <"$work/sent" >"$work/received"
cmp "$work/sent" "$work/received" || fail "the path's echo differs"
echo "ok: UNIX-CONNECT, 1 MiB"

# A second server does not evict the first, which goes on.
"$bin/EchoServer" --unix "$work/echo.sock" >/dev/null 2>&1 </dev/null && fail "two servers on one path"
expect "the first server lives" hi "$(printf hi | socat -t 10 - "UNIX-CONNECT:$work/echo.sock")"
stop_server
[[ ! -e $work/echo.sock ]] || fail "the server's file is still there"
echo "ok: the file is removed"

# A server that was killed leaves a stale file, which the next one replaces.
start_unix_server --unix "$work/echo.sock"
kill -KILL "$server"
{ wait "$server" || true; } 2>/dev/null
[[ -S $work/echo.sock ]] || fail "no stale file to replace"
start_unix_server --unix "$work/echo.sock"
expect "a stale file is replaced" hi "$(printf hi | socat -t 10 - "UNIX-CONNECT:$work/echo.sock")"
stop_server

# An abstract name, as it is printed and as it is.
start_unix_server --abstract "$name"
expect "the name is printed" "listening on @$name" "$(cat "$work/out")"
expect "ABSTRACT-CONNECT" hi "$(printf hi | socat -t 10 - "ABSTRACT-CONNECT:$name")"
stop_server

# socat listens, the library connects.
socat "UNIX-LISTEN:$work/listen.sock" SYSTEM:'tr a-z A-Z' &
started+=($!)
wait_until "socat's path" test -S "$work/listen.sock"
expect "UNIX-LISTEN" HELLO "$("$peer" connect "$work/listen.sock")"
socat "ABSTRACT-LISTEN:$name-listen" SYSTEM:'tr a-z A-Z' &
started+=($!)
wait_until "socat's name" grep -q "@$name-listen" /proc/net/unix
expect "ABSTRACT-LISTEN" HELLO "$("$peer" connect "@$name-listen")"

# Seqpacket, type 5, in both roles; socat would take an empty message for the end, Python does not.
"$peer" packets-listen "$work/packets.sock" >"$work/packets" &
started+=($!)
wait_until "the seqpacket listener" grep -q listening "$work/packets"
expect "SEQPACKET connect" olleh \
  "$(printf hello | socat -t 10 - "UNIX-CONNECT:$work/packets.sock,type=5")"
socat "UNIX-LISTEN:$work/packets2.sock,type=5" PIPE &
started+=($!)
wait_until "socat's seqpacket path" test -S "$work/packets2.sock"
python3 - "$work/packets3.sock" <<'PYTHON' &
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
listener.listen(1)
peer, _ = listener.accept()
for _ in range(3):
    peer.send(peer.recv(100).upper())
PYTHON
started+=($!)
wait_until "Python's seqpacket path" test -S "$work/packets3.sock"
expect "SEQPACKET, empty message included" "ABC//DE" \
  "$("$peer" packets-connect "$work/packets3.sock" abc "" de | paste -sd/ -)"
expect "SEQPACKET listen" abc "$("$peer" packets-connect "$work/packets2.sock" abc)"

# Descriptors, from the library to Python and back.
python3 - "$work/fds.sock" <<'PYTHON' &
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(1)
peer, _ = listener.accept()
data, descriptors, flags, _ = socket.recv_fds(peer, 100, 10)
assert (data, len(descriptors), flags & socket.MSG_CTRUNC) == (b"ab", 2, 0), (data, descriptors)
for number, descriptor in enumerate(descriptors):
    os.write(descriptor, b"from python %d\n" % number)
PYTHON
started+=($!)
wait_until "Python's path" test -S "$work/fds.sock"
expect "descriptors to Python" "from python 0/from python 1" \
  "$("$peer" descriptor-send "$work/fds.sock" | paste -sd/ -)"
"$peer" descriptor-receive "$work/fds2.sock" >"$work/received-fds" &
receiver=$!
started+=("$receiver")
wait_until "the descriptors' listener" grep -q listening "$work/received-fds"
got=$(python3 - "$work/fds2.sock" <<'PYTHON'
import os, socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
reader, writer = os.pipe()
socket.send_fds(peer, [b"x"], [writer, writer])
peer.sendall(b"plain")
socket.send_fds(peer, [b"yz"], [writer])
peer.close()
os.close(writer)
print(os.fdopen(reader).read().replace("\n", "/"), end="")
PYTHON
)
expect "descriptors from Python, none left open" "from swift 1/from swift 2/from swift 3/" "$got"
wait "$receiver" || fail "the receiver failed"

echo "unix: all passed"
