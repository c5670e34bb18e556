#!/usr/bin/env bash
# The Resolve sample: what it prints, and what it says to bad input. (How it connects to a host with several
# addresses: happy-eyeballs.sh.)
#
#     Tests/Smoke/resolve.sh
#
# Needs a release build of EchoServer and Resolve.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
[[ -x $bin/Resolve ]] || fail "$bin/Resolve is missing: swift build -c release"

# Runs it, and checks its exit code and what it prints, and a text on standard error.
expect() {
  local wanted=$1 out=$2 err=$3 code=0
  shift 3
  "$bin/Resolve" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, not $wanted: $*: $(cat "$work/stderr")"
  [[ $(cat "$work/stdout") =~ ^$out$ ]] || fail "$*: $(cat "$work/stdout")"
  [[ -z $err ]] || grep -qF -- "$err" "$work/stderr" || fail "'$err' is not in: $(cat "$work/stderr")"
  echo "ok: Resolve $*"
}

number='[0-9]+\.[0-9] ms'
expect 0 "127.0.0.1" "" 127.0.0.1
expect 0 "::1" "" ::1
expect 0 ".*(127.0.0.1|::1).*" "" localhost
expect 1 "" "resolve" name.invalid
expect 1 ".*failed after.*" "resolve" name.invalid 80
expect 1 ".*" "service not found" 127.0.0.1 noservice

start_server
expect 0 "127.0.0.1:$port
127.0.0.1:$port connected after $number
  127.0.0.1:$port: started at $number, connected after $number
connected: 127.0.0.1:[0-9]+ -> 127.0.0.1:$port" "" 127.0.0.1 "$port"
expect 0 ".*127.0.0.1:$port
localhost:$port connected after $number
  resolved after $number
.*
connected: .*" "" --shuffle localhost "$port"

"$bin/Resolve" --hold 127.0.0.1 "$port" >"$work/held" 2>"$work/stderr" </dev/null &
held=$!
started+=("$held")
wait_until "the connection" grep -q ^connected: "$work/held"
kill -TERM "$held"
wait "$held" || fail "exit code $? after SIGTERM: $(cat "$work/stderr")"
echo "ok: Resolve --hold, and SIGTERM"
stop_server
expect 1 "127.0.0.1:$port
127.0.0.1:$port failed after $number
  127.0.0.1:$port: started at $number, connection refused \(ECONNREFUSED, errno 111\) after $number" \
  "connect to 127.0.0.1:$port: connection refused" 127.0.0.1 "$port"

usage() { expect 64 "" "$@" && grep -q "usage: Resolve" "$work/stderr"; }
usage "HOST is needed"
usage "HOST is needed" a 1 2
usage "unknown option '-x'" -x
usage "--timeout needs a value" localhost --timeout
usage "'0' is not a number of seconds" --timeout 0 localhost
usage "'3601' is not a number of seconds" --timeout 3601 localhost
usage "need a PORT" --hold localhost
usage "need a PORT" --shuffle localhost
usage "127.1" 127.1
usage "0x7f000001" 0x7f000001
usage "[::1]" "[::1]"
usage "is not a host" ""
usage "port 0" localhost 0
usage "65536" localhost 65536
expect 0 ".*usage: Resolve.*" "" --help
echo "resolve: all passed"
