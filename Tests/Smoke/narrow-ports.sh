#!/bin/sh
# A network with four ports to connect from: no connect meets itself, and ports that run out are told; beside that, the
# zone of a link-local address, and listeners on a machine whose IPv6 sockets are for IPv6 only (hazards 46, 47, 51).
#
# Usage: Tests/Smoke/narrow-ports.sh [DIRECTORY OF THE BUILT PROGRAMS] [WORDS FOR torture ...]
#
# Needs root (or user namespaces) and iproute2. All of it happens in a network namespace of the script's own.
set -eu

bin=$(realpath "${1:-.build/release}")
[ $# = 0 ] || shift

if [ -z "${IN_NAMESPACE:-}" ]; then
  export IN_NAMESPACE=1
  if [ "$(id -u)" = 0 ]; then exec unshare --net "$0" "$bin" "$@"; fi
  exec unshare --user --map-root-user --net "$0" "$bin" "$@"
fi

set_kernel() { echo "$2" >"/proc/sys/net/$1"; }

ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip -6 address add fe80::1/64 dev v0 nodad
set_kernel ipv4/ip_local_port_range '40000 40003'
set_kernel ipv4/tcp_syn_retries 1
set_kernel ipv6/bindv6only 1
"$bin/torture" H46 "$@"
