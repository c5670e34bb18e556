#!/usr/bin/env bash
# The UDP sample against programs of others: socat in both roles over IPv4 and IPv6 and as a multicast
# sender, and dig through a forwarder to a local name server.
#
#     Tests/Smoke/udp.sh
#
# Everything stays on the loopback interface. Multicast, and the unit tests of IPv6 multicast, run in a
# network namespace with an interface `multicast0`, if this user may make one: the kernel delivers no IPv6
# groups on the loopback interface.
set -euo pipefail
source "$(dirname "$0")/server.sh"
source "$smoke/udp_server.sh"
need socat dig dnsmasq python3

# Sends a text with socat and prints what comes back within the time.
ask() { printf '%s' "$2" | timeout 10 socat -t 0.5 - "$1"; }

expect() {
  [[ $2 == "$3" ]] || fail "$1: '$2', not '$3'"
  echo "$1: ok"
}

stop_udp_server() {
  local code=0
  kill -TERM "$server"
  wait "$server" || code=$?
  [[ $code == 0 ]] || fail "exit code $code, not 0: $(cat "$work/err")"
}

# socat asks, the library answers.
for mode in "" --batch; do
  start_udp_server $mode
  expect "socat UDP4 asks ${mode:-one by one}" "$(ask "UDP4:127.0.0.1:$port" hello)" hello
  stop_udp_server
  start_udp_server --host ::1 $mode
  expect "socat UDP6 asks ${mode:-one by one}" "$(ask "UDP6:[::1]:$port" hello)" hello
  stop_udp_server
  start_udp_server --host :: $mode
  expect "socat UDP4 asks the wildcard ${mode:-one by one}" "$(ask "UDP4:127.0.0.1:$port" hi)" hi
  expect "socat UDP6 asks the wildcard ${mode:-one by one}" "$(ask "UDP6:[::1]:$port" hi)" hi
  stop_udp_server
done

# The library asks, through its forwarder, and socat answers.
free_port() { # of UDP and of TCP, which the name server takes too
  python3 - <<'END'
import socket

while True:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.bind(("::", 0))
        port = udp.getsockname()[1]
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tcp:
            try:
                tcp.bind(("::", port))
            except OSError:
                continue
    print(port)
    break
END
}
has_port() { grep -qi ":$(printf '%04X' "$1") " /proc/net/udp /proc/net/udp6; }

for family in 4 6; do
  peer_port=$(free_port)
  loopback=$([[ $family == 4 ]] && echo 127.0.0.1 || echo '[::1]')
  socat "UDP$family-RECVFROM:$peer_port,bind=$loopback,fork" SYSTEM:'tr a-z A-Z' &
  started+=($!)
  wait_until "socat's socket" has_port "$peer_port"
  start_udp_server --forward "$loopback:$peer_port"
  expect "socat UDP$family answers" "$(ask "UDP4:127.0.0.1:$port" question)" QUESTION
  stop_udp_server
done

# dig, the forwarder, dnsmasq.
dns_port=$(free_port)
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --port="$dns_port" \
  --listen-address=127.0.0.1 --bind-interfaces --user="$(id -un)" --pid-file= \
  --address=/sockets.test/192.0.2.53 --txt-record=long.test,"$(printf 'x%.0s' {1..250})" \
  2>"$work/dnsmasq" &
started+=($!)
wait_until "the name server's socket" has_port "$dns_port"
start_udp_server --forward "127.0.0.1:$dns_port"
query() { dig @127.0.0.1 -p "$port" +notcp +short +tries=2 +time=5 "$@"; }
expect "dig gets an address" "$(query sockets.test A)" 192.0.2.53
expect "dig gets a long text" "$(query long.test TXT | wc -c)" 253
for number in $(seq 20); do query "host$number.sockets.test" A >"$work/answer$number" & done
for number in $(seq 20); do
  wait_until "answer $number" grep -qx 192.0.2.53 "$work/answer$number"
done
echo "twenty digs at once get theirs: ok"
stop_udp_server

# Multicast, in a namespace.
if ! unshare -n true 2>/dev/null; then
  echo "multicast: skipped, since this user may not make network namespaces"
  exit 0
fi
cat >"$work/multicast.sh" <<'END'
set -euo pipefail
source "$smoke/server.sh"
source "$smoke/udp_server.sh"
ip link set lo up
ip link add multicast0 type veth peer name other0
ip link set multicast0 up
ip link set other0 up
ip addr add 10.77.0.1/24 dev multicast0
ip -6 addr add fd00:7::1/64 dev multicast0 nodad
index=$(cat /sys/class/net/multicast0/ifindex 2>/dev/null || ip -o link show multicast0 | cut -d: -f1)
ask() {
  answer=$(printf group | timeout 10 socat -t 0.5 - "$1")
  [[ $answer == group ]] || fail "$1: '$answer'"
  kill -TERM "$server"
  wait "$server"
}
for mode in "" --batch; do
  start_udp_server --host 0.0.0.0 --join 239.7.7.7 --interface "$index" $mode
  ask "UDP4-DATAGRAM:239.7.7.7:$port,ip-multicast-if=10.77.0.1"
  start_udp_server --host :: --join ff12::7 --interface "$index" $mode
  ask "UDP6-DATAGRAM:[ff12::7%multicast0]:$port"
done
echo "socat sends to groups of both families: ok"
if compgen -G "$root/.build/debug/*PackageTests.xctest" >/dev/null; then
  cd "$root"
  swift test --skip-build --filter UDPMulticastTests >"$work/tests" 2>&1 ||
    fail "the multicast tests: $(grep -a ✘ "$work/tests")"
  echo "the unit tests of multicast, IPv6 included: ok"
fi
END
smoke=$smoke SMOKE_BIN=$bin unshare -n bash -c "source '$work/multicast.sh'" "$smoke/udp.sh"
