# For the scripts beside it: starts the release build of the echo server, and cleans up.
#
# Source it from a bash script; set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
smoke="$root/Tests/Smoke"
bin=${SMOKE_BIN:-$root/.build/release}
work=$(mktemp -d)
started=()

clean_up() {
  for process in "${started[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is needed and not installed"
  done
}

# What is expected to be equal: of what, wanted, got.
expect() {
  local what=$1 wanted=$2 got=$3
  [[ $got == "$wanted" ]] || fail "$what: '$got', not '$wanted'"
  echo "ok: $what"
}

# The CPU time of a process so far, user and system, in clock ticks.
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# A port of 127.0.0.1 that is free, most likely still so when a program asks for it.
free_port() {
  python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Waits until a command succeeds, 20 s at most: what it waits for, then the command.
wait_until() {
  local what=$1
  shift
  for _ in $(seq 1000); do
    if "$@"; then return; fi
    sleep 0.02
  done
  fail "$what did not come within 20 s"
}

# Starts another program of the release build, and waits for its line.
# Sets $process to its process id, and $address to the first address that it printed.
start_program() {
  local program=$1
  shift
  [[ -x $bin/$program ]] || fail "$bin/$program is missing: swift build -c release"
  "$bin/$program" "$@" >"$work/$program.out" 2>"$work/$program.err" </dev/null &
  process=$!
  started+=("$process")
  wait_until "the line of $program" grep -q '^listening on ' "$work/$program.out"
  address=$(sed -n 's/^listening on \([^ ,]*\).*/\1/p' "$work/$program.out" | head -n 1)
}

# Starts the server on a free port and waits for its one line.
# Sets $server to its process id, $address to what it printed, and $port.
start_server() {
  [[ -x $bin/EchoServer ]] || fail "$bin/EchoServer is missing: swift build -c release"
  : >"$work/out"
  "$bin/EchoServer" --port 0 "$@" >"$work/out" 2>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "the line of the server" grep -q '^listening on .*:[0-9]*$' "$work/out"
  address=$(sed -n 's/^listening on //p' "$work/out")
  port=${address##*:}
}

# Sends a signal to the server and expects exit code 0, one line of output, and no trap.
stop_server() {
  local signal=${1:-TERM} code=0
  kill "-$signal" "$server"
  wait "$server" || code=$?
  [[ $code == 0 ]] || fail "exit code $code, not 0, after SIG$signal: $(cat "$work/err")"
  [[ $(wc -l <"$work/out") == 1 ]] || fail "more than one line of output: $(cat "$work/out")"
}

# Starts the steady load as a coprocess and waits until it is warm.
start_load() {
  coproc load { exec python3 "$smoke/steady_load.py" 127.0.0.1 "$port" "$@"; }
  load_process=$!
  started+=("$load_process")
  # Copies: bash forgets the coprocess's own descriptors when it ends.
  exec {load_out}<&"${load[0]}" {load_in}>&"${load[1]}"
  expect_from_load warm
}

expect_from_load() {
  local line
  read -r -t 300 line <&"$load_out" || fail "the load generator gave up"
  [[ $line == "$1"* ]] || fail "the load generator said '$line', not '$1'"
  load_seconds=${line#* }
}

# Makes a number of requests and waits for their end; sets $load_seconds.
requests() {
  echo "$1" >&"$load_in"
  expect_from_load done
}

stop_load() {
  exec {load_in}>&- {load[1]}>&-
  wait "$load_process" || fail "the load generator failed"
  exec {load_out}<&-
}
