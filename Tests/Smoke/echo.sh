#!/usr/bin/env bash
# Starts the release echo server and drives it with real clients: every byte must come back.
#
#     Tests/Smoke/echo.sh [--full]
#
# nc, ncat, socat, curl telnet://, a Python asyncio client and EchoClient, over IPv4 and IPv6, from
# 1 byte to 64 MiB, with --full to 1 GiB; then command lines, signals and failures with their exit
# codes and messages.
set -euo pipefail
source "$(dirname "$0")/server.sh"
need nc ncat socat curl python3 sha256sum

sizes=(1 4095 1000003 67108864)
if [[ ${1:-} == --full ]]; then sizes+=(1073741824); fi

section() { printf -- '-- %s\n' "$*"; }

# Clients: each sends standard input to $host and $port and prints what comes back.
with_nc() { timeout 300 nc -N "$host" "$port"; }
with_ncat() { timeout 300 ncat "$host" "$port"; }
with_socat() { timeout 300 socat -t 60 - "TCP:$address"; }

# curl neither ends its side of a telnet connection by itself, so it is ended when all is back, nor
# does it always read what has come: it may sit in a read of its input, until that ends.
with_curl() {
  local size=$1
  mkfifo "$work/curl-in"
  curl --silent --no-buffer "telnet://$address" <"$work/curl-in" >"$work/curl-out" &
  local curl=$! input
  exec {input}>"$work/curl-in"
  cat >&"$input"
  all_back() { (($(stat -c %s "$work/curl-out") >= size)); }
  for _ in $(seq 50); do
    if all_back; then break; fi
    sleep 0.02
  done
  exec {input}>&-
  wait_until "the last byte through curl" all_back
  kill "$curl"
  wait "$curl" || true
  cat "$work/curl-out"
  rm "$work/curl-in" "$work/curl-out"
}

# EchoClient checks by itself.
with_echo_client() {
  local host=$1
  shift
  timeout 300 "$bin/EchoClient" "$host" "$port" "$@" >"$work/stdout" 2>"$work/stderr" ||
    fail "EchoClient $host $port $*: $(cat "$work/stderr")"
}

# Sends a file through a client and compares checksums.
check_client() {
  local client=$1 file=$2 size sum
  size=$(stat -c %s "$file")
  sum=$("with_$client" "$size" <"$file" | sha256sum)
  [[ $sum == "$(sha256sum <"$file")" ]] || fail "$client: not the $size bytes that were sent"
}

check_clients() {
  for size in "${sizes[@]}"; do
    head -c "$size" /dev/urandom >"$work/data"
    for client in nc ncat socat; do check_client "$client" "$work/data"; done
    python3 "$smoke/echo_client.py" "$host" "$port" --bytes "$size"
    with_echo_client "$host" --bytes "$size"
    # curl speaks telnet: text only; and it does not read while it cannot write.
    if ((size <= 1048576)); then
      base64 "$work/data" >"$work/text"
      truncate -s "$size" "$work/text"
      check_client curl "$work/text"
    fi
  done
  python3 "$smoke/echo_client.py" "$host" "$port" --connections 50 --bytes 100003
  with_echo_client "$host" --connections 200 --bytes 300K
  echo "$address: nc, ncat, socat, curl, asyncio and EchoClient, ${sizes[*]} bytes"
}

for options in "--host 127.0.0.1" "--host ::1" "--host 127.0.0.1 --handlers pool --reactors 2"; do
  section "clients, EchoServer $options"
  # shellcheck disable=SC2086
  start_server $options
  host=$(cut -d ' ' -f 2 <<<"$options")
  case $host in
    *:*) [[ $address == "[$host]:$port" ]] || fail "listening on $address" ;;
    *) [[ $address == "$host:$port" ]] || fail "listening on $address" ;;
  esac
  check_clients
  stop_server
done

section "both families on ::"
start_server --host ::
[[ $address == "[::]:$port" ]] || fail "listening on $address"
with_echo_client 127.0.0.1
with_echo_client ::1
stop_server

# Runs a program and checks its exit code, and how many lines it printed on standard output and
# standard error ("+" for one or more). Keeps both in $work/stdout and $work/stderr.
expect() {
  local code=$1 out=$2 err=$3 found=0
  shift 3
  "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || found=$?
  [[ $found == "$code" ]] || fail "exit code $found, not $code: $*: $(cat "$work/stderr")"
  local lines
  for pair in "stdout $out" "stderr $err"; do
    lines=$(wc -l <"$work/${pair% *}")
    case ${pair#* } in
      +) ((lines > 0)) || fail "nothing on ${pair% *}: $*" ;;
      *) [[ $lines == "${pair#* }" ]] || fail "$lines lines on ${pair% *}: $*" ;;
    esac
  done
}

# Checks that a text is on standard error; "|" stands between alternatives.
says() {
  grep -qF -- "${1//|/$'\n'}" "$work/stderr" || fail "'$1' is not in: $(cat "$work/stderr")"
}

section "command lines"
server_says() {
  local text=$1
  shift
  expect 64 0 + "$bin/EchoServer" "$@"
  says "$text"
  says "usage: EchoServer"
}
client_says() {
  local text=$1
  shift
  expect 64 0 + "$bin/EchoClient" "$@"
  says "$text"
  says "usage: EchoClient"
}
server_says "--port: '70000' is not a port" --port 70000
server_says "--port: '-1' is not a port" --port -1
server_says "--port: 'http' is not a port" --port http
server_says "--port needs a value" --port
server_says "--host: 'localhost' is not an IP address" --host localhost
server_says "--host: '127.1' is not an IP address" --host 127.1
server_says "--reactors: '0' is not a number" --reactors 0
server_says "--handlers: 'both' is not" --handlers both
server_says "unknown option '--frob'" --frob
server_says "unknown argument '7007'" 7007
client_says "HOST and PORT are needed"
client_says "HOST and PORT are needed" 127.0.0.1
client_says "HOST and PORT are needed" 127.0.0.1 7 8
client_says "names are not looked up" localhost 7007
client_says "PORT: '0' is not a port" 127.0.0.1 0
client_says "PORT: '65536' is not a port" 127.0.0.1 65536
client_says "--bytes: '1X' is not" 127.0.0.1 7 --bytes 1X
client_says "--bytes: '-1' is not" 127.0.0.1 7 --bytes -1
client_says "--bytes: '9999999999G' is not" 127.0.0.1 7 --bytes 9999999999G
client_says "--connections: '0' is not" 127.0.0.1 7 --connections 0
client_says "unknown option '--frob'" 127.0.0.1 7 --frob
expect 0 + 0 "$bin/EchoServer" --help
expect 0 + 0 "$bin/EchoClient" --help

section "addresses that cannot be had"
start_server
expect 1 0 1 "$bin/EchoServer" --port "$port"
says "bind 127.0.0.1:$port: address in use"
stop_server
expect 1 0 1 "$bin/EchoClient" 127.0.0.1 "$port"
says "connect to 127.0.0.1:$port: connection refused"
expect 1 0 1 "$bin/EchoServer" --host 192.0.2.1
says "bind 192.0.2.1:7007: address not available"

section "servers that do it wrong"
for fault in "wrong byte 70000 is" "short the stream ended after 70000 of" "long came back" \
  "reset connection reset by peer|broken pipe"; do
  : >"$work/bad"
  python3 "$smoke/bad_echo.py" "${fault%% *}" >"$work/bad" &
  started+=($!)
  wait_until "the port of bad_echo.py" grep -q . "$work/bad"
  expect 1 0 1 "$bin/EchoClient" 127.0.0.1 "$(cat "$work/bad")" --bytes 150000
  says "${fault#* }"
done

section "signals"
for signal in INT TERM; do
  start_server
  stop_server "$signal"
  # With open connections: idle ones, and some whose client sends and never reads.
  start_server --verbose
  python3 "$smoke/idle_clients.py" "$port" &
  started+=($!)
  twenty_noted() { (($(grep -c ' connected$' "$work/err") == 20)); }
  wait_until "a line for each connection" twenty_noted
  stop_server "$signal"
done
# Right after the ready line: the signal must not find the server unprepared.
for _ in $(seq 20); do
  start_server
  stop_server
done
start_server
expect_interruption() {
  local code=0
  : >"$work/stderr"  # what an earlier one has said is there until this one begins
  "$bin/EchoClient" 127.0.0.1 "$port" --bytes 1024G >"$work/stdout" 2>"$work/stderr" &
  local client=$!
  started+=("$client")
  wait_until "a line of progress" grep -q "MiB/s" "$work/stderr"
  kill "-$1" "$client"
  wait "$client" || code=$?
  [[ $code == "$2" ]] || fail "exit code $code, not $2, after SIG$1"
  says "interrupted:"
}
expect_interruption INT 130
expect_interruption TERM 143
stop_server

section "what the sockets are doing"
start_server --host 127.0.0.1
python3 "$smoke/idle_clients.py" "$port" &
started+=($!)
# Each signal has the server print a table; the last one has the listener and twenty connections.
all_listed() {
  kill -USR1 "$server"
  sleep 0.1
  grep -q '^21 sockets on .*: 1 tcp listener, 20 tcp connections$' "$work/err"
}
wait_until "a table of all sockets" all_listed
grep -q "tcp listener  127.0.0.1:$port .* accept " "$work/err" || fail "no listener: $(cat "$work/err")"
stop_server

section "the server of README.md"
"$bin/MinimalEchoServer" >"$work/stdout" 2>"$work/stderr" &
minimal=$!
started+=("$minimal")
answers() { nc -z 127.0.0.1 7007 2>/dev/null || ! kill -0 "$minimal" 2>/dev/null; }
wait_until "an answer at port 7007" answers
if kill -0 "$minimal" 2>/dev/null; then
  port=7007 with_echo_client 127.0.0.1 --connections 20
  kill "$minimal"
else
  fail "it needs port 7007: $(cat "$work/stderr")"
fi

echo "smoke test passed"
