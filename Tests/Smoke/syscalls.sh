#!/usr/bin/env bash
# Counts the system calls of the release echo server with strace.
#
#     Tests/Smoke/syscalls.sh [REQUESTS]      (20000)
#
# Busy: per request of 64 bytes one recvfrom, one sendto, at most one epoll_wait, and nothing else at
# all: no epoll_ctl, no futex, no eventfd. strace is attached when the connections are established
# and warm, and detached before they close. Idle: 1,000 open connections, 10 s, no system call.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need strace python3
count=${1:-20000}
ulimit -n 4096 || fail "1,000 connections need more descriptors than $(ulimit -n)"

# Attaches strace to every thread of the server; the arguments are strace's.
attach() {
  strace -f -p "$server" "$@" 2>"$work/strace.err" &
  tracer=$!
  started+=("$tracer")
  attached() {
    if ! kill -0 "$tracer" 2>/dev/null; then
      fail "strace cannot attach; it needs ptrace (CAP_SYS_PTRACE, or kernel.yama.ptrace_scope 0):" \
        "$(cat "$work/strace.err")"
    fi
    grep -q attached "$work/strace.err"
  }
  wait_until "strace" attached
  sleep 0.5  # each thread is stopped once to be attached, and goes on with its call
}

# Once the tracer has seen the ends of all calls: no thread runs, or is stopped for it.
detach() {
  wait_until "the last call's end" at_rest
  kill -INT "$tracer"
  wait "$tracer" || true
}

at_rest() { ! grep -q '^State:.[Rt]' /proc/"$server"/task/*/status; }

busy() {
  local connections=$1
  start_server --reactors 1 --handlers reactor
  start_load --connections "$connections"
  attach -c -o "$work/summary"
  requests "$count"
  detach
  echo "$count requests over $connections connections:"
  sed 's/^/  /' "$work/summary"
  awk -v requests="$count" '
    $NF == "total" || $1 !~ /^[0-9.]+$/ { next }
    { calls[$NF] = $4 }
    END {
      if (calls["recvfrom"] != requests) wrong("recvfrom", calls["recvfrom"], requests)
      if (calls["sendto"] != requests) wrong("sendto", calls["sendto"], requests)
      # The call during which strace attached is seen to end, but not counted as a request.
      if (calls["epoll_wait"] > requests + 1) wrong("epoll_wait", calls["epoll_wait"], requests)
      delete calls["recvfrom"]; delete calls["sendto"]; delete calls["epoll_wait"]
      for (call in calls) wrong(call, calls[call], 0)
      exit bad
    }
    function wrong(call, found, limit) {
      printf "%s: %d calls, %d allowed\n", call, found, limit > "/dev/stderr"
      bad = 1
    }' "$work/summary" || fail "more system calls than a request needs"
  stop_load
  stop_server
}

idle() {
  start_server --reactors 1 --handlers reactor
  start_load --connections 1000
  sleep 1
  attach -ttt -o "$work/trace"
  local from to
  from=$(date +%s.%N)
  sleep 10
  to=$(date +%s.%N)
  detach
  # What began or ended between the two times: calls that sleep all the while are not in it.
  local found
  found=$(awk -v from="$from" -v to="$to" '$2 > from && $2 < to' "$work/trace")
  echo "1000 idle connections for 10 s: $(grep -c . <<<"$found" || true) system calls"
  [[ -z $found ]] || fail "an idle server makes system calls: $found"
  stop_load
  stop_server
}

busy 50
busy 1
idle
