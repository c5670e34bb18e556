#!/usr/bin/env bash
# Compares the KeyValueServer sample with Debian's redis-server, by redis-benchmark: requests per second, and the
# server's CPU time per request.
#
#     Tests/Smoke/key_value_speed.sh [ROUNDS] [REQUESTS]      (5 200000)
#
# Method: both servers run for the whole time on one processor, redis-benchmark on another, with 50 connections, one
# request and then 16 under way on each; rounds alternate between the servers, and both begin each with nothing
# stored. Neither writes to disk. The figures are medians of the rounds. The CPU time is the server's, user and
# system, of /proc/PID/stat.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need redis-server redis-cli redis-benchmark python3 taskset
rounds=${1:-5}
count=${2:-200000}
[[ -x $bin/KeyValueServer ]] || fail "$bin/KeyValueServer is missing: swift build -c release"

taskset -c 0 "$bin/KeyValueServer" --port 0 >"$work/out" 2>"$work/err" &
sockets=$!
started+=("$sockets")
wait_until "the server's line" grep -q '^listening on ' "$work/out"
sockets_port=$(sed -n 's/^listening on .*://p' "$work/out")

redis_port=$(free_port)
taskset -c 0 redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis" &
redis=$!
started+=("$redis")
wait_until "redis-server" redis-cli -p "$redis_port" ping >/dev/null

# A line for each test: who, how deep, the test, requests per second, nanoseconds of CPU time per request.
measure() {
  local name=$1 process=$2 port=$3 depth=$4 test before after
  redis-cli -p "$port" flushall >/dev/null
  for test in ping set get incr lpush lpop mset; do
    before=$(cpu_ticks "$process")
    taskset -c 1 redis-benchmark -p "$port" -t "$test" -n "$count" -c 50 -P "$depth" --csv >"$work/csv" 2>"$work/errors"
    after=$(cpu_ticks "$process")
    # It asks for CONFIG once, which KeyValueServer has not: that is a warning, and the only one.
    if grep -v 'WARNING: Could not fetch server CONFIG' "$work/errors" | grep .; then fail "redis-benchmark"; fi
    # `ping` is two tests.
    python3 - "$work/csv" "$name" "$depth" $(((after - before) * 1000000000 / $(getconf CLK_TCK) / count)) <<'END'
import csv, sys

path, name, depth, cost = sys.argv[1:]
rows = list(csv.reader(open(path)))[1:]
for test, rate, *_ in rows:
    print(name, depth, test.split()[0], rate, int(cost) / len(rows))
END
  done
}

for depth in 1 16; do
  for round in $(seq "$rounds"); do
    echo "$depth deep, round $round of $rounds" >&2
    measure sockets "$sockets" "$sockets_port" "$depth"
    measure redis "$redis" "$redis_port" "$depth"
  done
done >"$work/lines"

python3 - "$work/lines" <<'END'
import collections, statistics, sys

found = collections.defaultdict(lambda: ([], []))
for line in open(sys.argv[1]):
    name, depth, test, rate, cost = line.split()
    rates, costs = found[depth, test, name]
    rates.append(float(rate))
    costs.append(float(cost))
for depth, test in dict.fromkeys(key[:2] for key in found):
    (rate, cost), (redis_rate, redis_cost) = (
        map(statistics.median, found[depth, test, name]) for name in ("sockets", "redis")
    )
    print(
        f"{test:12} {depth:>2} deep: {rate:8.0f} requests/s, {rate / redis_rate:.2f} of redis-server; "
        f"{cost / 1000:5.2f} us of CPU each, {cost / max(redis_cost, 1):.2f} of redis-server"
    )
END
