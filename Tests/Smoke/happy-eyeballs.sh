#!/bin/sh
# A host whose IPv6 address is a black hole and whose IPv4 address works: the connection is there in less
# than 400 ms, over IPv4, and holds the only socket that is left.
#
# Usage: Tests/Smoke/happy-eyeballs.sh [DIRECTORY OF THE BUILT SAMPLES]
#
# Needs root (or user namespaces), iproute2 and procps. All of it happens in a network namespace and a mount
# namespace of the script's own, which vanish with it.
set -eu

bin=$(realpath "${1:-.build/debug}")

if [ -z "${IN_NAMESPACE:-}" ]; then
  export IN_NAMESPACE=1
  if [ "$(id -u)" = 0 ]; then exec unshare --net --mount "$0" "$bin"; fi
  exec unshare --user --map-root-user --net --mount "$0" "$bin"
fi

work=$(mktemp -d)
server= client=
finish() {
  for pid in $server $client; do kill "$pid" 2>/dev/null || true; done
  wait
  umount /etc/hosts 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "FAILED: $*" >&2
  cat "$work"/*.log >&2
  exit 1
}

# Waits until a file has a line, five seconds at most.
await() {
  for _ in $(seq 100); do
    if grep -q "$1" "$2"; then return; fi
    sleep 0.05
  done
  fail "no '$1' in $2"
}

# The permanent neighbour has a hardware address that nobody answers to: SYNs vanish without an error.
ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip address add 10.9.0.1/24 dev v0
ip address add 2001:db8::1/64 dev v0 nodad
ip neighbour add 2001:db8::77 lladdr 02:00:00:00:00:77 dev v0 nud permanent

printf '127.0.0.1 localhost\n2001:db8::77 server.example\n10.9.0.1 server.example\n' >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts

"$bin/EchoServer" --host 10.9.0.1 --port 7007 >"$work/server.log" 2>&1 &
server=$!
await listening "$work/server.log"

"$bin/Resolve" --hold server.example 7007 >"$work/client.log" 2>&1 &
client=$!
await '^connected: ' "$work/client.log"
sockets=$(ls -l "/proc/$client/fd" | grep -c 'socket:')
half_open=$(ss -tnH state syn-sent | wc -l)

cat "$work/client.log"
head -1 "$work/client.log" | grep -qF '[2001:db8::77]:7007' || fail "IPv6 does not come first"
grep -q '2001:db8::77.*given up' "$work/client.log" || fail "IPv6 was not given up"
grep -q '10.9.0.1:7007: .*connected' "$work/client.log" || fail "not connected over IPv4"
took=$(sed -n 's/^server.example:7007 connected after \([0-9]*\)\..*/\1/p' "$work/client.log")
[ "$took" -lt 400 ] || fail "it took $took ms"
[ "$took" -ge 250 ] || fail "it took $took ms, less than the attempt delay"
[ "$sockets" = 1 ] || fail "$sockets sockets are open"
[ "$half_open" = 0 ] || fail "$half_open connections are half open"
echo "ok: connected in $took ms, one socket left"
