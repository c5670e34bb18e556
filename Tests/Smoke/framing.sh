#!/usr/bin/env bash
# Compares echo servers that read lines and frames with one that sends back whatever arrives, and counts
# their allocations. Fails if one of them has less than 0.85 of the plain server's speed, or allocates more
# per request than it says below.
#
#     Tests/Smoke/framing.sh [ROUNDS] [REQUESTS]      (5 50000; 0 rounds: allocations only)
#
# Method: one server of each kind runs for the whole time (FramingEcho), each on one reactor. A client in C
# keeps a request of 64 bytes on its way over each of 50 connections; rounds alternate between the
# servers, so that whatever else the machine does hits all of them. The speed is that of the server's work:
# requests per second of its CPU time, user and system, of /proc/PID/stat; its figure is the median of the
# rounds. Then the same with 16 requests at once, for the allocations alone (allocations.sh says how they
# are counted): a value decoded in place costs none, a line its text, a frame its array.
set -euo pipefail
source "$(dirname "$0")/server.sh"
source "$(dirname "$0")/framing_echo.sh"
rounds=${1:-5}
requests=${2:-50000}

cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC \
  -o "$work/count_allocations.so" "$smoke/count_allocations.c"

kinds=(chunks values lines frames)
declare -A limit=([chunks]=0 [values]=0 [lines]=1 [frames]=1) figures

# Starts a server and a load of BATCH requests at once over each connection.
start() {
  start_echo "$1" "$2" "$requests" \
    env COUNT_ALLOCATIONS_FILE="$work/count-$1" LD_PRELOAD="$work/count_allocations.so"
}

# Lets the load make its requests once; sets $ticks to the CPU time that the server took.
run() {
  local kind=$1 before
  before=$(cpu_ticks "${server_of[$kind]}")
  load_echo "$kind"
  ticks=$(($(cpu_ticks "${server_of[$kind]}") - before))
}

allocations() { od -An -t u8 -N 8 "$work/count-$1" | tr -d ' '; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

if ((rounds > 0)); then
  for kind in "${kinds[@]}"; do start "$kind" 1; done
  for ((round = 0; round < rounds; round++)); do
    for kind in "${kinds[@]}"; do
      run "$kind"
      figures[$kind]+=" $ticks"
    done
  done
  for kind in "${kinds[@]}"; do stop_echo "$kind"; done
  # shellcheck disable=SC2086
  plain=$(median ${figures[chunks]})
  for kind in "${kinds[@]}"; do
    # shellcheck disable=SC2086
    own=$(median ${figures[$kind]})
    awk -v kind="$kind" -v plain="$plain" -v own="$own" -v requests="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {
      printf "%-8s %6.2f us of CPU per request, %.2f of the speed of chunks\n", kind, own * 1e6 / hz / requests, plain / own
      exit plain < 0.85 * own }' || fail "$kind is slower than it may be"
  done
fi

for batch in 1 16; do
  for kind in values lines frames; do
    start "$kind" "$batch"
    run "$kind"
    before=$(allocations "$kind")
    run "$kind"
    found=$(($(allocations "$kind") - before))
    stop_echo "$kind"
    printf '%-8s %2d at once: %d allocations for %d requests\n' "$kind" "$batch" "$found" "$requests"
    ((found <= limit[$kind] * requests + requests / 100)) || fail "$kind allocates more than it may"
  done
done
