#!/usr/bin/env bash
# A FaultProxy of SocketsTesting between programs that know nothing of it: curl and Python's HTTP client on one side, the
# HTTPServer sample on the other.
#
#     Tests/Smoke/fault-proxy.sh
#
# Needs a release build of HTTPServer and FaultPeer, curl and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need curl python3

# Fetches a file of the server by way of a proxy with these faults: sets $code, curl's exit code, $seconds, and $bytes,
# head and body together.
fetch() {
  local file=$1 limit=$2
  shift 2
  start_program FaultPeer "$server" "$@"
  code=0
  curl --silent --max-time "$limit" --output "$work/fetched" \
    --write-out '%{size_header} %{size_download} %{time_total}\n' "http://$address/$file" >"$work/figures" || code=$?
  read -r head body seconds <"$work/figures"
  bytes=$((head + body))
  kill -TERM "$process"
  wait "$process" || true
}

at_least() { python3 -c 'import sys; sys.exit(not float(sys.argv[1]) >= float(sys.argv[2]))' "$1" "$2"; }

head -c 5000000 /dev/urandom >"$work/large"
head -c 20000 /dev/urandom >"$work/small"
start_program HTTPServer --port 0 --root "$work"
server=$address

fetch large 60
expect "without faults, curl's exit code" 0 "$code"
cmp "$work/large" "$work/fetched"

fetch small 60 to-server piece=1 to-client piece=1
expect "in pieces of one byte, curl's exit code" 0 "$code"
cmp "$work/small" "$work/fetched"

fetch small 60 to-client reset=1000
expect "reset after 1000 bytes, curl's exit code (56: receive error)" 56 "$code"
expect "and what it has got" 1000 "$bytes"

fetch small 60 to-client end=1000
expect "ended after 1000 bytes, curl's exit code (18: partial file)" 18 "$code"
expect "and what it has got" 1000 "$bytes"

fetch small 0.5 to-client silent=1
expect "in silence, curl's exit code (28: timeout)" 28 "$code"

fetch small 60 to-client corrupt=0
expect "with another first byte, curl's exit code (1: not HTTP)" 1 "$code"

fetch small 60 to-server delay=150 to-client delay=150
expect "with a round trip of 300 ms, curl's exit code" 0 "$code"
cmp "$work/small" "$work/fetched"
at_least "$seconds" 0.3 || fail "an answer after $seconds s"

fetch small 60 to-client rate=40000
expect "with 40 KB a second, curl's exit code" 0 "$code"
cmp "$work/small" "$work/fetched"
at_least "$seconds" 0.4 || fail "20 KB in $seconds s"

start_program FaultPeer "$server" to-server piece=3 delay=20 to-client piece=100 delay=20
python3 - "$address" "$work/small" <<'PYTHON'
import http.client, sys

wanted = open(sys.argv[2], "rb").read()
connection = http.client.HTTPConnection(sys.argv[1], timeout=60)
for _ in range(3):  # on one connection
    connection.request("GET", "/small")
    assert connection.getresponse().read() == wanted
print("ok: Python gets the same file three times on one slow connection")
PYTHON
