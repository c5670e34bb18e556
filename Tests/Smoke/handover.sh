#!/usr/bin/env bash
# A server is replaced again and again under load: no request fails.
#
#     Tests/Smoke/handover.sh [RESTARTS]      (10)
#
# The load: wrk on connections that are kept, and Python with new ones and kept ones. And what happens to
# successors that die at each moment of the hand-over.
#
# Needs a release build of Handover, wrk, curl and python3.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need wrk curl python3
restarts=${1:-10}
program=$bin/Handover
[[ -x $program ]] || fail "$program is missing: swift build -c release"

# Starts a process and waits until it serves; sets $server, $address, and $port.
generation=0
start() {
  generation=$((generation + 1))
  "$program" --control "$work/control" --port 0 "$@" \
    >"$work/out.$generation" 2>>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  serving() { grep -qs "process $server\$" "$work/out.$generation"; }
  wait_until "process $server" serving
  address=$(sed -n 's/^listening on \(.*\), process.*/\1/p' "$work/out.$generation")
  port=${address##*:}
}

# Waits for a process to end by itself, with exit code 0.
ended() {
  local code=0
  wait "$1" || code=$?
  [[ $code == 0 ]] || fail "process $1 has ended with $code: $(cat "$work/err")"
}

start
first_address=$address

# The load.
coproc load { exec python3 "$smoke/handover_load.py" "$port"; }
started+=("$load_PID")
exec {load_out}<&"${load[0]}" {load_in}>&"${load[1]}"
wrk -t 1 -c 16 -d 600s "http://$address/" >"$work/wrk" 2>&1 </dev/null &
wrk=$!
started+=("$wrk")

read -r -t 60 line <&"$load_out" && [[ $line == warm ]] || fail "there is no load"

begin=$SECONDS
for _ in $(seq "$restarts"); do
  sleep 0.2
  old=$server
  start
  [[ $address == "$first_address" ]] || fail "the address is now $address, not $first_address"
  ended "$old"
done
echo "$restarts restarts within $((SECONDS - begin)) s"
sleep 0.2

# wrk sums up when it is interrupted; Python at the end of its input.
kill -INT "$wrk"
wait "$wrk" || fail "wrk: $(cat "$work/wrk")"
exec {load_in}>&- {load[1]}>&-
read -r -t 60 answers failures processes <&"$load_out" || fail "no sum of the requests"
echo "Python: $answers requests, $failures failures, answered by $processes processes"
grep -E 'requests in|Socket errors|Non-2xx' "$work/wrk"
((failures == 0)) || fail "$failures requests have failed"
! grep -qE 'Socket errors|Non-2xx' "$work/wrk" || fail "wrk has seen errors"
((processes == restarts + 1)) || fail "$processes processes have answered, not $((restarts + 1))"

# A successor that dies changes nothing: before it has the sockets, and when it has them.
who() { curl -sS --max-time 10 "http://$address/"; }
for moment in asked taken; do
  python3 - "$work/control" "$moment" <<'PYTHON'
import socket, sys

successor = socket.socket(socket.AF_UNIX)
successor.connect(sys.argv[1])
if sys.argv[2] == "taken":
    word, descriptors, _, _ = socket.recv_fds(successor, 1, 2)
    assert (word, len(descriptors)) == (b"T", 2), (word, descriptors)
PYTHON
  for _ in 1 2 3; do
    [[ $(who) == "$server" ]] || fail "a successor that has $moment and died is answered for by another"
  done
  echo "ok: a successor dies when it has $moment"
done

# A predecessor that dies leaves everything to the successor.
python3 - "$work/control" "$server" "$port" <<'PYTHON'
import os, signal, socket, sys, urllib.request

successor = socket.socket(socket.AF_UNIX)
successor.connect(sys.argv[1])
_, descriptors, _, _ = socket.recv_fds(successor, 1, 2)
os.kill(int(sys.argv[2]), signal.SIGKILL)
assert successor.recv(1) == b""
client = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
accepted, _ = socket.socket(fileno=descriptors[0]).accept()
accepted.sendall(b"hello")
assert client.recv(5) == b"hello"
PYTHON
echo "ok: a predecessor is killed"

# Nobody is left: the next one makes the sockets anew, in place of the stale file, and stops in good order,
# also while a successor hesitates.
{ wait "$server" || true; } 2>/dev/null
start --grace 1
python3 - "$work/control" "$server" <<'PYTHON'
import os, signal, socket, sys

successor = socket.socket(socket.AF_UNIX)
successor.connect(sys.argv[1])
_, (listener, control), _, _ = socket.recv_fds(successor, 1, 2)
os.kill(int(sys.argv[2]), signal.SIGTERM)
assert successor.recv(1) == b""
# The sockets are as good as ever.
listener = socket.socket(fileno=listener)
client = socket.create_connection(listener.getsockname())
listener.accept()
PYTHON
ended "$server"
echo "ok: a signal amid a hand-over"
start
kill -TERM "$server"
ended "$server"
[[ ! -e $work/control ]] || fail "the control socket's file is still there"
[[ ! -s $work/err ]] || fail "complaints: $(cat "$work/err")"

echo "handover: all passed"
