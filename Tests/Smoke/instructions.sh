#!/usr/bin/env bash
# Counts the instructions that echo servers execute in user space per request, and fails if one needs more than it
# says below.
#
#     Tests/Smoke/instructions.sh [REQUESTS]      (20000)
#
# Unlike times, they do not depend on what else the machine does. Method: FramingEcho runs under callgrind, on one
# reactor; a client in C keeps a request of 64 bytes on its way over each of 50 connections. Counting is switched on
# when the connections are warm, and off before they close: so it is the requests that are counted, and nothing else.
# The limits are some 6 % above what Swift 6.3.1 was seen to need on x86-64. To see where they go:
#
#     callgrind_annotate --tree=caller --inclusive=yes FILE      with KEEP=FOLDER Tests/Smoke/instructions.sh
set -euo pipefail
source "$(dirname "$0")/server.sh"
need cc valgrind callgrind_annotate
requests=${1:-20000}
kept=${KEEP:-$work}

cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$work/stream_load" "$smoke/stream_load.c"

declare -A limit=([chunks]=3700 [values]=4700 [reads]=5100 [timed]=6100 [lines]=7700 [frames]=7700)

# Switches counting on or off.
count() { callgrind_control -i "$1" "$server" >/dev/null; }

for kind in chunks values reads timed lines frames; do
  wire=lines
  if [[ $kind == frames ]]; then wire=frames; fi
  rm -f "$work/out"
  valgrind --quiet --tool=callgrind --instr-atstart=no --callgrind-out-file="$kept/$kind.callgrind" \
    "$bin/FramingEcho" "$kind" >"$work/out" 2>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "the line of the server" grep -q '^listening on .*:[0-9]*$' "$work/out"
  mkfifo "$work/in" "$work/done"
  "$work/stream_load" "$(sed 's/.*://' "$work/out")" 50 1 "$requests" "$wire" <"$work/in" >"$work/done" &
  started+=("$!")
  exec {in}>"$work/in" {out}<"$work/done"
  read -r -t 60 line <&"$out" || fail "the load gave up"
  count on
  echo >&"$in"
  read -r -t 120 line <&"$out" || fail "the load gave up"
  count off
  exec {in}>&- {out}<&-
  kill -TERM "$server"
  wait "$server" || fail "$kind ended with $?: $(cat "$work/err")"
  rm "$work/in" "$work/done"
  total=$(sed -n 's/^\(totals\|summary\): //p' "$kept/$kind.callgrind" | tail -1)
  found=$((${total:-0} / requests))
  ((found > 500)) || fail "callgrind has counted nothing: $(cat "$work/err")"
  printf '%-8s %6d instructions for a request, %d allowed\n' "$kind" "$found" "${limit[$kind]}"
  ((found <= limit[$kind])) || fail "$kind executes more than it may"
done
