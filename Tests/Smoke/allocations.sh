#!/usr/bin/env bash
# Counts the allocations of the release echo server per request, in steady state: there must be none.
#
#     Tests/Smoke/allocations.sh [REQUESTS]      (200000)
#
# Method: a preload library (count_allocations.c) counts the calls of malloc, calloc, realloc and
# their aligned cousins in a file that the server shares. A client opens 50 connections and makes some
# thousand requests, so that all that is allocated once has been; then two readings of the counter
# bracket REQUESTS requests of 64 bytes. The same over one connection. If any allocation is found, the
# stacks of the next ones are printed: look the offsets up with `llvm-symbolizer -e FILE OFFSET`.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need cc python3
count=${1:-200000}

cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC \
  -o "$work/count_allocations.so" "$smoke/count_allocations.c"

# The counter's value: the first number in the file.
allocations() { od -An -t u8 -N 8 "$counter" | tr -d ' '; }

# Asks for the stacks of that many allocations to come: the second number in the file.
note_allocations() {
  printf '%b' "$(printf '\\x%02x' "$1")" |
    dd of="$counter" bs=1 seek=8 conv=notrunc status=none
}

counter="$work/counter"
export COUNT_ALLOCATIONS_FILE=$counter
for connections in 50 1; do
  rm -f "$counter"
  export LD_PRELOAD=$work/count_allocations.so
  start_server --reactors 1 --handlers reactor
  unset LD_PRELOAD
  start_load --connections "$connections"
  sleep 0.5
  before=$(allocations)
  ((before > 0)) || fail "the preload library counts nothing"
  requests "$count"
  sleep 0.5
  found=$(($(allocations) - before))
  printf '%9d requests over %2d connections in %s s: %d allocations\n' \
    "$count" "$connections" "$load_seconds" "$found"
  if ((found != 0)); then
    note_allocations 20
    requests $((1000 * connections))
    cat "$work/err" >&2
    fail "$found allocations in steady state"
  fi
  stop_load
  stop_server
done
