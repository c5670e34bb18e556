#!/usr/bin/env bash
# Counts the bytes of heap that an idle connection takes in an echo server, and fails if it is more than it says below.
#
#     Tests/Smoke/idle.sh [CONNECTIONS]      (1000)
#
# Unlike resident memory, they do not depend on how the kernel and malloc place them. Method: FramingEcho, on one reactor,
# has a preload library (count_allocations.c) that keeps the sum of what is allocated. It is read when 100 connections rest
# that have echoed, and when so many more do. What is found is a task with its stack, the connection, and its share of
# tables. The stack grows by 1 KiB when the frames of all async functions on the way to the read need more than its first
# 984 bytes: with the simplest handler they just do not. The limit is 128 bytes above what Swift 6.3.1 was seen to need
# on x86-64.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need cc python3
few=100
more=${1:-1000}
limit=1970
ulimit -n 4096 || fail "1,100 connections need more descriptors than $(ulimit -n)"

cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC \
  -o "$work/count_allocations.so" "$smoke/count_allocations.c"
counter="$work/counter"
export COUNT_ALLOCATIONS_FILE=$counter

# Opens connections, has each echo, and sets $bytes to what is allocated when they rest.
rest() {
  start_load --connections "$1"
  sleep 0.5
  bytes=$(od -An -t d8 -j 16 -N 8 "$counter" | tr -d ' ')
  stop_load
}

export LD_PRELOAD=$work/count_allocations.so
start_program FramingEcho chunks
unset LD_PRELOAD
port=${address##*:}
rest "$few"
before=$bytes
rest $((few + more))
found=$(((bytes - before) / more))
((found > 500)) || fail "the preload library counts nothing"
echo "$found bytes for an idle connection, $limit allowed"
((found <= limit)) || fail "an idle connection takes more than it may"
kill -TERM "$process"
wait "$process" || fail "FramingEcho ended with $?: $(cat "$work/FramingEcho.err")"
