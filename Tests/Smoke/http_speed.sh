#!/usr/bin/env bash
# Compares the HTTPServer sample with nginx: requests per second, and the server's CPU time per request.
#
#     Tests/Smoke/http_speed.sh [ROUNDS] [SECONDS]      (5 2)
#
# Method: both servers, with one reactor and with one worker, run for the whole time on one processor, wrk on
# another, with 50 connections; rounds alternate between the servers, so that whatever else the machine does hits
# both. The figures are medians of the rounds. The CPU time is the server's, user and system, of /proc/PID/stat.
# The cases: a few bytes from memory (`return 200` in nginx), the same in batches of 16 pipelined requests, a small
# file, and one of a mebibyte.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need wrk nginx python3 taskset
rounds=${1:-5}
seconds=${2:-2}
program=$bin/HTTPServer
[[ -x $program ]] || fail "$program is missing: swift build -c release"

mkdir "$work/root"
head -c 1000 /dev/zero >"$work/root/small.txt"
head -c 1048576 /dev/zero >"$work/root/large"
taskset -c 0 "$program" --port 0 --reactors 1 --root "$work/root" >"$work/out" 2>"$work/err" &
sockets=$!
started+=("$sockets")
wait_until "the server's line" grep -q '^listening on ' "$work/out"
sockets_port=$(sed -n 's/^listening on .*://p' "$work/out")

nginx_port=$(free_port)
cat >"$work/nginx.conf" <<CONFIGURATION
daemon off;
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events {}
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  types { text/plain txt; }
  client_body_temp_path $work; proxy_temp_path $work;
  fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server {
    listen 127.0.0.1:$nginx_port;
    root $work/root;
    location = /hello { default_type text/plain; return 200 "Hello, world!\n"; }
  }
}
CONFIGURATION
taskset -c 0 nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
master=$!
started+=("$master")
worker() { pgrep -P "$master" >"$work/worker"; }
wait_until "nginx" worker
nginx=$(<"$work/worker")
started+=("$nginx")

cat >"$work/pipelined.lua" <<'SCRIPT'
init = function()
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format() end
  batch = table.concat(requests)
end
request = function() return batch end
SCRIPT

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# Sets $rate to the requests per second, and $cost to the nanoseconds of CPU time per request.
measure() {
  local process=$1 before after count
  before=$(cpu_ticks "$process")
  taskset -c 1 wrk -t1 -c50 -d"$seconds" "${@:3}" "http://127.0.0.1:$2" >"$work/wrk"
  after=$(cpu_ticks "$process")
  if grep -E 'Socket errors|Non-2xx' "$work/wrk"; then fail "wrk: $(cat "$work/wrk")"; fi
  rate=$(awk '/^Requests\/sec/ { print int($2) }' "$work/wrk")
  count=$(awk '/requests in/ { print $1 }' "$work/wrk")
  cost=$(((after - before) * 1000000000 / $(getconf CLK_TCK) / count))
}

compare() {
  local name=$1 path=$2 rates=() costs=() nginx_rates=() nginx_costs=()
  shift 2
  for _ in $(seq "$rounds"); do
    measure "$sockets" "$sockets_port$path" "$@"
    rates+=("$rate") costs+=("$cost")
    measure "$nginx" "$nginx_port$path" "$@"
    nginx_rates+=("$rate") nginx_costs+=("$cost")
  done
  awk -v name="$name" -v a="$(median "${rates[@]}")" -v b="$(median "${nginx_rates[@]}")" \
    -v c="$(median "${costs[@]}")" -v d="$(median "${nginx_costs[@]}")" 'BEGIN {
      printf "%-20s %7d requests/s, %.2f of nginx (%d); %.2f us of CPU each, %.2f of nginx (%.2f)\n",
        name, a, a / b, b, c / 1000, c / d, d / 1000
    }'
}

compare "/hello" /hello
compare "/hello, pipelined" /hello -s "$work/pipelined.lua"
compare "a file of 1000 bytes" /small.txt
compare "a file of 1 MiB" /large
