#!/usr/bin/env bash
# What a service manager sees of a service: readiness, signs of life, descriptors; and the sockets that it
# passes. Against Python, and beside systemd's own tools.
#
# Needs a release build of ServicePeer, python3, nc, and systemd-notify and systemd-socket-activate, which
# need no systemd to run.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need python3 nc systemd-notify systemd-socket-activate
peer=$bin/ServicePeer
[[ -x $peer ]] || fail "$peer is missing: swift build -c release"

expect() {
  local what=$1 wanted=$2 got=$3
  [[ $got =~ ^$wanted$ ]] || fail "$what: '$got', not '$wanted'"
  echo "ok: $what"
}

# Runs a command as a service manager would; $messages is what it has said.
number=0
manage() {
  number=$((number + 1))
  python3 "$smoke/notify_receiver.py" "$@" >"$work/messages" 2>"$work/err" ||
    fail "'$*' has failed: $(cat "$work/err")"
  messages=$(grep -v '^sent$' "$work/messages")
}

# The same words as systemd's own tool, at a path and at an abstract name.
for socket in "$work/notify" "@sockets-smoke-$$"; do
  manage "$socket" -- systemd-notify --ready --status="all is well"
  theirs=$messages
  rm -f "$work/notify"
  manage "${socket}2" -- "$peer" ready "all is well"
  [[ $messages == "$theirs" ]] || fail "not as systemd-notify: '$messages', not '$theirs'"
  echo "ok: as systemd-notify: ${messages//$'\n'/; }"
done
expect "nobody to tell" "nobody to tell" "$(env -u NOTIFY_SOCKET "$peer" ready x)"

manage "@sockets-smoke-$$-all" -- "$peer" everything
expect "everything" "RELOADING=1\|MONOTONIC_USEC=[0-9]+
MAINPID=PID\|WATCHDOG_USEC=3000000
EXTEND_TIMEOUT_USEC=1500000\|WATCHDOG=trigger
FDSTORE=1\|FDNAME=pair \+2
BARRIER=1 \+1
FDSTOREREMOVE=1\|FDNAME=pair\|X_LEVEL=2
STOPPING=1\|ERRNO=2\|STATUS=no such file" "$messages"

# Ten signs of life at half the interval of 40 ms, within the process that they are asked of.
start=$(date +%s%N)
WATCHDOG_USEC=40000 manage "@sockets-smoke-$$-dog" 10 -- "$peer" watchdog
took=$((($(date +%s%N) - start) / 1000000))
(($(grep -cx WATCHDOG=1 "$work/messages") >= 10)) || fail "signs of life: $messages"
((took >= 180)) || fail "ten signs of life within $took ms"
echo "ok: a sign of life every 20 ms"
WATCHDOG_USEC=40000 WATCHDOG_PID=1 "$peer" watchdog || fail "another process's watchdog"
echo "ok: no sign of life for another process"

# A socket that the manager has opened; the port is free a moment before.
activated() { grep -q READY=1 "$work/out"; }
port=$(free_port)
python3 "$smoke/notify_receiver.py" "$work/serve" 3 -- systemd-socket-activate \
  -E NOTIFY_SOCKET -l "127.0.0.1:$port" --fdname=web "$peer" serve >"$work/out" 2>"$work/activate" &
manager=$!
started+=("$manager")
# It starts the service when the first client comes.
ask() { got=$(nc -N 127.0.0.1 "$port" </dev/null 2>/dev/null); }
wait_until "an activated service" ask
expect "systemd-socket-activate" served "$got"
wait_until "its message" activated
expect "its status" "READY=1\|STATUS=listening on 127.0.0.1:$port" "$(tail -n 1 "$work/out")"
for _ in 1 2 3; do
  ask
  expect "another client" served "$got"
done
service=$(pgrep -P "$manager")
kill -TERM "$service"
wait "$manager" || fail "the activated service: $(cat "$work/activate")"
expect "its end" STOPPING=1 "$(tail -n 1 "$work/out")"

echo "service: all passed"
