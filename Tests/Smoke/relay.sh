#!/usr/bin/env bash
# The Relay sample with programs that know nothing of it: socat with half-close, redis, curl with the PROXY
# protocol; byte for byte, between all pairs of transports.
#
#     Tests/Smoke/relay.sh
#
# Needs a release build of Relay and ProxyPeer, socat, redis-server, redis-cli, redis-benchmark, curl and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need socat redis-server redis-cli redis-benchmark curl python3
for program in Relay ProxyPeer; do
  [[ -x $bin/$program ]] || fail "$bin/$program is missing: swift build -c release"
done

# Starts a relay and waits for its line: what it listens on, its target, options.
# Sets $relay to its process id, and $address to where it listens.
start_relay() {
  : >"$work/relay.out"
  "$bin/Relay" "$@" >"$work/relay.out" 2>"$work/relay.err" </dev/null &
  relay=$!
  started+=("$relay")
  wait_until "the line of the relay" grep -q '^listening on ' "$work/relay.out"
  address=$(sed -n 's/^listening on //p' "$work/relay.out")
}

# Ends it, and expects exit code 0 and nothing on standard error but what it was asked for.
stop_relay() {
  local code=0
  kill -TERM "$relay"
  wait "$relay" || code=$?
  [[ $code == 0 ]] || fail "exit code $code, not 0, after SIGTERM: $(cat "$work/relay.err")"
}

quiet_relay() {
  stop_relay
  [[ ! -s $work/relay.err ]] || fail "the relay has complained: $(cat "$work/relay.err")"
}

# Starts socat as a server for each client; sets $target to its address, for Relay.
serve() {
  local kind=$1 what=$2 log=$work/socat.$RANDOM
  : >"$log"
  if [[ $kind == unix ]]; then
    target=unix:$work/target.$RANDOM
    socat -d -d "UNIX-LISTEN:${target#unix:},fork" "$what" >/dev/null 2>"$log" &
  else
    socat -d -d TCP-LISTEN:0,bind=127.0.0.1,backlog=64,fork "$what" >/dev/null 2>"$log" &
  fi
  started+=($!)
  wait_until "socat" grep -q 'listening on' "$log"
  if [[ $kind == tcp ]]; then target=127.0.0.1:$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$log"); fi
}

# What socat calls an address of Relay's.
for_socat() {
  if [[ $1 == unix:* ]]; then echo "UNIX-CONNECT:${1#unix:}"; else echo "TCP:$1"; fi
}

digest() { sha256sum | cut -d' ' -f1; }

head -c 40000000 /dev/urandom >"$work/big"
big=$(digest <"$work/big")

for front in tcp unix; do
  for back in tcp unix; do
    place=127.0.0.1:0
    [[ $front == tcp ]] || place=unix:$work/relay.$back

    # It answers when the input has ended: the end of one direction passes, and the other goes on.
    serve "$back" SYSTEM:sha256sum
    start_relay "$place" "$target"
    got=$(socat -t 20 - "$(for_socat "$address")" <"$work/big" | cut -d' ' -f1)
    [[ $got == "$big" ]] || fail "$front to $back: '$got', not the digest"
    quiet_relay

    # Both directions are full at once.
    serve "$back" EXEC:cat
    start_relay "$place" "$target"
    got=$(socat -t 20 - "$(for_socat "$address")" <"$work/big" | digest)
    [[ $got == "$big" ]] || fail "$front to $back and back: other bytes"
    quiet_relay
    echo "ok: $front to $back: half-close, and both ways at once, 40 MB"
  done
done

# The server ends first, and still reads what the client says.
serve tcp "SYSTEM:exec 1>&-; cat >$work/late"
start_relay 127.0.0.1:0 "$target" --verbose
{ read -r -t 0.2 _ || true; cat "$work/big"; } < <(sleep 0.5) | socat -t 20 -u - "$(for_socat "$address")"
arrived() { [[ $(stat -c %s "$work/late" 2>/dev/null) == 40000000 ]]; }
wait_until "what follows the server's end" arrived
[[ $(digest <"$work/late") == "$big" ]] || fail "other bytes behind the server's end"
stop_relay
echo "ok: a server that ends first"

# Nobody serves: the client is reset, and the relay goes on.
start_relay 127.0.0.1:0 "unix:$work/nobody" --verbose
if curl -s --max-time 10 -o /dev/null "http://$address/"; then fail "nobody has answered"; fi
said() { grep -q "$1" "$work/relay.err"; }
wait_until "the reason" said 'connect .*nobody'
stop_relay
echo "ok: a target that is not there"

redis-server --port 0 --unixsocket "$work/redis" --save '' --appendonly no >"$work/redis.log" 2>&1 </dev/null &
started+=($!)
wait_until "redis" test -S "$work/redis"
start_relay 127.0.0.1:0 "unix:$work/redis" --idle 60
port=${address##*:}
ask_redis() { redis-cli -p "$port" "$@"; }
[[ $(ask_redis PING) == PONG ]] || fail "redis does not answer"
[[ $(ask_redis -x SET big <"$work/big") == OK ]] || fail "redis does not take 40 MB"
[[ $(ask_redis STRLEN big) == 40000000 ]] || fail "redis has another number of bytes"
[[ $(ask_redis GET big | head -c 40000000 | digest) == "$big" ]] || fail "redis has other bytes"
seq 1 50000 | sed 's/.*/SET key:& value:&\r/' | ask_redis --pipe >"$work/pipe"
grep -q 'errors: 0, replies: 50000' "$work/pipe" || fail "redis-cli --pipe: $(cat "$work/pipe")"
[[ $(ask_redis GET key:31415) == value:31415 ]] || fail "redis has lost a value"
redis-benchmark -p "$port" -c 20 -n 20000 -P 16 -t set,get -q >"$work/benchmark" 2>&1
quiet_relay
tr '\r' '\n' <"$work/benchmark" | grep 'per second' | sed 's/^/    /'
echo "ok: redis behind a relay"

# The PROXY protocol, sent and received.
"$bin/ProxyPeer" serve >"$work/peer" 2>"$work/peer.err" </dev/null &
started+=($!)
wait_until "the line of ProxyPeer" grep -q '^listening on ' "$work/peer"
peer=$(sed -n 's/^listening on //p' "$work/peer")
for version in v1 v2; do
  start_relay 127.0.0.1:0 "$peer" --send-proxy "$version"
  got=$(curl -sS --max-time 20 -w '%{local_port}' "http://$address/")
  [[ $got == "$version 127.0.0.1:${got##*$'\n'} -> $address"* ]] || fail "--send-proxy: '$got'"
  quiet_relay
  start_relay 127.0.0.1:0 "$peer" --accept-proxy --send-proxy "$version" --verbose
  got=$(curl -sS --max-time 20 --haproxy-protocol -w '%{local_port}' "http://$address/")
  [[ $got == "$version 127.0.0.1:${got##*$'\n'} -> $address"* ]] || fail "--accept-proxy: '$got'"
  if curl -s --max-time 10 -o /dev/null "http://$address/"; then fail "no header was accepted"; fi
  wait_until "the refusal" said 'invalid PROXY protocol header'
  stop_relay
done
echo "ok: PROXY protocol, sent and received"

# The table, and the time that connections have at the end.
serve unix EXEC:cat
start_relay 127.0.0.1:0 "$target" --table --grace 20
coproc client { exec socat -t 20 - "$(for_socat "$address")"; }
client_process=$!
started+=("$client_process")
echo hello >&"${client[1]}"
read -r -t 20 line <&"${client[0]}"
[[ $line == hello ]] || fail "'$line', not hello"
wait_until "the table" said '^127.0.0.1:[0-9]* .* 6 *6$'
wait_until "its last line" said '^1 open, .* 6 *6$'
kill -TERM "$relay"
refused() { ! curl -s --max-time 5 -o /dev/null "http://$address/"; }
wait_until "the end of accepting" refused
echo again >&"${client[1]}"
read -r -t 20 line <&"${client[0]}"
[[ $line == again ]] || fail "'$line', not again, after SIGTERM"
exec {client[1]}>&-
code=0
wait "$relay" || code=$?
[[ $code == 0 ]] || fail "exit code $code, not 0, after a drain"
echo "ok: the table, and a drain"

code=0
"$bin/Relay" 127.0.0.1:0 >/dev/null 2>&1 || code=$?
[[ $code == 64 ]] || fail "exit code $code, not 64, without a target"
"$bin/Relay" --help | grep -q '^usage: Relay' || fail "no help"

echo "relay: all passed"
