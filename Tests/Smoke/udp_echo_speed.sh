#!/usr/bin/env bash
# Compares the release UDP echo server in its two modes: one datagram at a time, and batches. Fails unless
# batches echo at least twice as many datagrams per second of the server's CPU time, and allocate nothing.
#
#     Tests/Smoke/udp_echo_speed.sh [ROUNDS] [SECONDS]      (5 2)
#
# Method: one server of each mode runs for the whole time. A client in C keeps windows of datagrams of 64
# bytes on their way; rounds alternate between the servers, so that whatever else the machine does
# hits both. The peers are of two kinds: plain ones, whose datagrams pass through the kernel one by one
# in either mode, so that system calls are all that batches can save (nine tenths of the time left is the
# kernel's network stack, and only 1.4 times is asked for); and peers that use segmentation offload as the
# batches do. The CPU time is the server's, user and system, of /proc/PID/stat; the figure is the median
# of the rounds. Then the allocations of the batch server are counted as in allocations.sh.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need cc
rounds=${1:-5}
seconds=${2:-2}

cc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -o "$work/udp_load" "$smoke/udp_load.c"
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC \
  -o "$work/count_allocations.so" "$smoke/count_allocations.c"
source "$smoke/udp_server.sh"

# Sets $figure to the number of datagrams per second of CPU time.
measure() {
  local process=$1 port=$2 before after echoed
  before=$(cpu_ticks "$process")
  echoed=$("$work/udp_load" "$port" "$clients" "$window" "$seconds" "$kind")
  after=$(cpu_ticks "$process")
  ((after > before)) || fail "the server did nothing"
  figure=$((echoed * $(getconf CLK_TCK) / (after - before)))
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

start_udp_server
single=$server single_port=$port
start_udp_server --batch
batch=$server batch_port=$port

code=0
for shape in "1 64 plain 140" "16 16 plain 140" "1 64 offload 200" "16 16 offload 200"; do
  read -r clients window kind least <<<"$shape"
  singles=() batches=()
  measure "$single" "$single_port"
  measure "$batch" "$batch_port"
  for _ in $(seq "$rounds"); do
    measure "$single" "$single_port"
    singles+=("$figure")
    measure "$batch" "$batch_port"
    batches+=("$figure")
  done
  one=$(median "${singles[@]}") many=$(median "${batches[@]}")
  ratio=$((100 * many / one))
  printf '%7s, %2d clients, windows of %2d: per CPU second %7d one by one, %7d in batches: %d.%02d times\n' \
    "$kind" "$clients" "$window" "$one" "$many" $((ratio / 100)) $((ratio % 100))
  ((ratio >= least)) || code=1
done

export COUNT_ALLOCATIONS_FILE=$work/counter LD_PRELOAD=$work/count_allocations.so
start_udp_server --batch
unset LD_PRELOAD
"$work/udp_load" "$port" 16 16 1 plain >/dev/null
allocations() { od -An -t u8 -N 8 "$COUNT_ALLOCATIONS_FILE" | tr -d ' '; }
before=$(allocations)
((before > 0)) || fail "the preload library counts nothing"
echoed=$("$work/udp_load" "$port" 16 16 2 plain)
found=$(($(allocations) - before))
printf '%d datagrams in batches: %d allocations\n' "$echoed" "$found"
((found == 0)) || code=1
kill -TERM "$single" "$batch" "$server"
wait "$single" "$batch" "$server"
((code == 0)) || fail "batches are not what they should be"
