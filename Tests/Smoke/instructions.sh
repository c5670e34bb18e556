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
source "$(dirname "$0")/framing_echo.sh"
need valgrind callgrind_control
requests=${1:-20000}
kept=${KEEP:-$work}

declare -A limit=([chunks]=2990 [values]=3820 [reads]=4420 [timed]=4790 [lines]=5290 [frames]=5320)

# Switches counting on or off.
count() { callgrind_control -i "$2" "${server_of[$1]}" >/dev/null; }

for kind in chunks values reads timed lines frames; do
  start_echo "$kind" 1 "$requests" \
    valgrind --quiet --tool=callgrind --instr-atstart=no --callgrind-out-file="$kept/$kind.callgrind"
  count "$kind" on
  load_echo "$kind"
  count "$kind" off
  stop_echo "$kind"
  total=$(sed -n 's/^\(totals\|summary\): //p' "$kept/$kind.callgrind" | tail -1)
  found=$((${total:-0} / requests))
  ((found > 500)) || fail "callgrind has counted nothing: $(cat "$work/err-$kind")"
  printf '%-8s %6d instructions for a request, %d allowed\n' "$kind" "$found" "${limit[$kind]}"
  ((found <= limit[$kind])) || fail "$kind executes more than it may"
done
