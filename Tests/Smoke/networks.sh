#!/bin/sh
# Two machines and the cable between them: pulled for some seconds, for good, slow, without IPv4, without IPv6, and with
# link-local addresses only (hazards 47, 48, 51, 52).
#
#     Tests/Smoke/networks.sh [DIRECTORY OF THE BUILT PROGRAMS [--brief] [WORD IN THE NAME OF A CHECK ...]]
#
# Needs root (or user namespaces), a release build, iproute2, curl and python3. The machines are network namespaces,
# which vanish with the script.
set -eu

bin=$(realpath "${1:-.build/release}")
[ $# = 0 ] || shift
smoke=$(realpath "$(dirname "$0")")

alone="unshare --mount"
[ "$(id -u)" = 0 ] || alone="unshare --user --map-root-user --mount"
if ! $alone unshare --net true 2>/dev/null; then
  echo "networks: skipped, since this user may not make network namespaces"
  exit 0
fi
export PYTHONPATH="$smoke"
exec $alone python3 -B "$smoke/networks/run.py" "$bin" "$@"
