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

# Datagrams: socat sends and gets its answers, by path and by abstract name.
"$peer" datagrams-echo "$work/echo.dgram" >"$work/echo-out" &
echo_server=$!
started+=("$echo_server")
wait_until "the datagram server" grep -q receiving "$work/echo-out"
expect "UNIX-SENDTO" olleh \
  "$(printf hello | socat -t 0.5 - "UNIX-SENDTO:$work/echo.dgram,bind=$work/client.dgram")"
expect "the answer to a second client" olla \
  "$(printf allo | socat -t 0.5 - "UNIX-SENDTO:$work/echo.dgram,bind=$work/client2.dgram")"
printf bye | socat -u - "UNIX-SENDTO:$work/echo.dgram"
wait "$echo_server" || fail "the datagram server failed"
[[ ! -e $work/echo.dgram ]] || fail "the datagram server's file is still there"
echo "ok: the datagram server's file is removed"
"$peer" datagrams-echo "@$name-dgram" >"$work/echo-out" &
started+=($!)
wait_until "the abstract datagram server" grep -q receiving "$work/echo-out"
expect "ABSTRACT-SENDTO" olleh \
  "$(printf hello | socat -t 0.5 - "ABSTRACT-SENDTO:$name-dgram,bind=$name-client")"

# Datagrams: socat receives, and answers.
socat -u "UNIX-RECV:$work/recv.dgram" "OPEN:$work/recv-out,creat" &
started+=($!)
wait_until "socat's UNIX-RECV" test -S "$work/recv.dgram"
"$peer" datagrams-send "$work/recv.dgram" one "" two
wait_until "three datagrams at UNIX-RECV" grep -q onetwo "$work/recv-out"
echo "ok: UNIX-RECV"
socat "UNIX-RECVFROM:$work/recvfrom.dgram,fork" SYSTEM:'tr a-z A-Z' &
started+=($!)
wait_until "socat's UNIX-RECVFROM" test -S "$work/recvfrom.dgram"
expect "UNIX-RECVFROM" "ONE/TWO" "$("$peer" datagrams-ask "$work/recvfrom.dgram" one two | paste -sd/ -)"
socat "ABSTRACT-RECVFROM:$name-recvfrom,fork" SYSTEM:'tr a-z A-Z' &
started+=($!)
wait_until "socat's ABSTRACT-RECVFROM" grep -q "@$name-recvfrom" /proc/net/unix
expect "ABSTRACT-RECVFROM" ONE "$("$peer" datagrams-ask "@$name-recvfrom" one)"

# Datagrams and Python: names, lengths, processes and descriptors.
"$peer" datagrams-tell "$work/tell.dgram" >"$work/tell" &
teller=$!
started+=("$teller")
wait_until "the datagram receiver" grep -q receiving "$work/tell"
expect "the file's permissions" 600 "$(stat -c %a "$work/tell.dgram")"
got=$(python3 - "$work" <<'PYTHON'
import os, socket, sys
work = sys.argv[1]
peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
peer.connect(work + "/tell.dgram")
peer.send(b"")
peer.send(b"0123456789")
named = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
named.bind(work + "/named.dgram")
reader, writer = os.pipe()
named.connect(work + "/tell.dgram")
socket.send_fds(named, [b"fds"], [writer, writer])
named.send(b"bye")
os.close(writer)
print(os.getpid(), os.fdopen(reader).read().replace("\n", "/"), end="")
PYTHON
)
process=${got%% *}
expect "descriptors of a datagram, none left open" "from swift/from swift/" "${got#* }"
wait "$teller" || fail "the datagram receiver failed"
expect "senders, processes and lengths" \
  "(unnamed) $process 0 ''|(unnamed) $process 10 '01234567'|$work/named.dgram $process 3 'fds'" \
  "$(tail -n +2 "$work/tell" | paste -sd'|' -)"

echo "unix: all passed"
