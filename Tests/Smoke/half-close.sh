#!/usr/bin/env bash
# Every sample that speaks over byte streams, with socat at the other end, which says all that it has to say, closes
# its half, and only then reads: each has to answer to the last byte, and then end.
#
#     Tests/Smoke/half-close.sh
#
# Needs a release build of the samples, socat, python3 and sha256sum. (Relay: see relay.sh.)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need socat python3 sha256sum

# Starts a sample; sets $server and $address.
start() {
  start_program "$@"
  server=$process
}

# Ends it, which it has to do in good order.
stop() {
  local code=0
  kill -TERM "$server"
  wait "$server" || code=$?
  [[ $code == 0 ]] || fail "exit code $code, not 0: $(cat "$work"/*.err)"
}

# All of standard input, then its end; prints what is answered until the other end has ended too. The limit of 60 s
# is for an end that never comes: then socat fails.
ask() { timeout 60 socat -t 60 - "$1"; }

digest() { sha256sum | cut -d' ' -f1; }

head -c 20000000 /dev/urandom >"$work/data"
data=$(digest <"$work/data")

for place in "--port 0" "--unix $work/echo" "--abstract half-close-$$"; do
  # shellcheck disable=SC2086
  start EchoServer $place
  case $place in
    --port*) to=TCP:$address ;;
    --unix*) to=UNIX-CONNECT:$work/echo ;;
    *) to=ABSTRACT-CONNECT:half-close-$$ ;;
  esac
  expect "EchoServer ${place%% *}: 20 MB come back" "$data" "$(ask "$to" <"$work/data" | digest)"
  expect "EchoServer ${place%% *}: nothing comes back" "" "$(ask "$to" </dev/null)"
  stop
done

start HTTPServer --port 0 --root "$work" --reactors 1
requests() {
  local path
  for path in /hello /data /hello; do printf 'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' "$path"; done
}
requests | ask "TCP:$address" >"$work/answers"
expect "HTTPServer: three requests at once, three answers" 3 "$(grep -ao 'HTTP/1.1 200 OK' "$work/answers" | wc -l)"
expect "HTTPServer: the file among them" "$data" "$(python3 - "$work/answers" <<'END'
import hashlib, sys

answers = open(sys.argv[1], "rb").read()
length = answers.lower().index(b"content-length: 20000000")
start = answers.index(b"\r\n\r\n", length) + 4
print(hashlib.sha256(answers[start : start + 20_000_000]).hexdigest())
END
)"
{
  printf 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n'
  cat "$work/data"
} | ask "TCP:$address" | tail -c 20000000 >"$work/echoed"
expect "HTTPServer: a body comes back" "$data" "$(digest <"$work/echoed")"
expect "HTTPServer: no request, no answer" "" "$(ask "TCP:$address" </dev/null)"
expect "HTTPServer: half a request gets none" "" "$(printf 'GET /hello HTTP/1.1\r\nHo' | ask "TCP:$address")"
stop

start KeyValueServer --port 0
{
  for i in $(seq 20000); do printf 'SET key:%d value-%d\r\n' "$i" "$i"; done
  for i in $(seq 20000); do printf '*2\r\n$3\r\nGET\r\n$%d\r\nkey:%d\r\n' $((4 + ${#i})) "$i"; done
} >"$work/commands"
{
  for i in $(seq 20000); do printf '+OK\r\n'; done
  for i in $(seq 20000); do printf '$%d\r\nvalue-%d\r\n' $((6 + ${#i})) "$i"; done
} >"$work/wanted"
ask "TCP:$address" <"$work/commands" | cmp - "$work/wanted" || fail "KeyValueServer: other replies"
echo "ok: KeyValueServer: 40,000 commands at once"
expect "KeyValueServer: nothing asked" "" "$(ask "TCP:$address" </dev/null)"
expect "KeyValueServer: half a command is none" $'+PONG\r' "$(printf 'PING\r\nSET half' | ask "TCP:$address")"
stop

start ChatServer --port 0 --motd welcome
said=$({
  printf '/nick socat\r\n/join room\n'
  printf '/who\n/quit done'
} | ask "TCP:$address")
expect "ChatServer: welcome, answers, goodbye" "1 1 1 1" \
  "$(for words in welcome 'you are socat' 'here' 'goodbye'; do grep -c -- "$words" <<<"$said" | sed 's/^[1-9].*/1/'; done | xargs)"
expect "ChatServer: one who only listens, to nobody" 1 "$(ask "TCP:$address" </dev/null | grep -c welcome)"
stop

start Handover --control "$work/control" --port 0
expect "Handover: two requests at once" "$server $server" \
  "$(printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n%.0s' 1 2 | ask "TCP:$address" | grep -ao "^$server" | xargs)"
stop

# The clients: socat listens, and answers once it has all.
serve_with_socat() {
  socat -d -d TCP-LISTEN:0,bind=127.0.0.1,fork "$1" >/dev/null 2>"$work/socat" &
  started+=("$!")
  wait_until "socat" grep -q 'listening on' "$work/socat"
  port=$(sed -n 's/.*listening on .*://p' "$work/socat" | head -n 1)
}
serve_with_socat "SYSTEM:sha256sum"
expect "Netcat: the answer comes after the end" "$data" \
  "$("$bin/Netcat" 127.0.0.1 "$port" <"$work/data" | cut -d' ' -f1)"
serve_with_socat "EXEC:cat"
"$bin/EchoClient" 127.0.0.1 "$port" --connections 5 --bytes 2M >/dev/null || fail "EchoClient"
echo "ok: EchoClient: every byte came back"

"$bin/Netcat" -l 127.0.0.1 0 <"$work/data" 2>"$work/netcat.err" | digest >"$work/digest" &
listening=$!
wait_until "Netcat" grep -q ':[0-9]' "$work/netcat.err"
to=$(grep -o '[0-9.]*:[0-9]*' "$work/netcat.err" | head -n 1)
expect "Netcat -l: sends all" "$data" "$(ask "TCP:$to" <"$work/data" | digest)"
wait "$listening"
expect "Netcat -l: receives all" "$data" "$(cat "$work/digest")"
