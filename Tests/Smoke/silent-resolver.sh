#!/bin/sh
# Look-ups through a name server that never answers: 64 at once delay neither an echo nor a ticker, end at
# their deadlines, and cancel at once (hazards 11 and 49, A13).
#
# Usage: Tests/Smoke/silent-resolver.sh [DIRECTORY OF THE BUILT PROGRAMS] [WORDS FOR torture ...]
#
# Needs root (or user namespaces) and iproute2. All of it happens in a network namespace and a mount
# namespace of the script's own, which vanish with it; the name server is the scenario's own.
set -eu

bin=$(realpath "${1:-.build/release}")
[ $# = 0 ] || shift

if [ -z "${IN_NAMESPACE:-}" ]; then
  export IN_NAMESPACE=1
  if [ "$(id -u)" = 0 ]; then exec unshare --net --mount "$0" "$bin" "$@"; fi
  exec unshare --user --map-root-user --net --mount "$0" "$bin" "$@"
fi

work=$(mktemp -d)
trap 'umount /etc/resolv.conf 2>/dev/null || true; rm -rf "$work"' EXIT
ip link set lo up
printf 'nameserver 127.0.0.1\noptions timeout:20 attempts:1\n' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
"$bin/torture" H49 "$@"
