#!/usr/bin/env bash
# The Netcat sample against Debian's nc and Nmap's ncat: the same sessions in every pairing, byte for byte, and
# everything around them.
#
#     Tests/Smoke/netcat.sh
#
# Needs a release build of Netcat, netcat-openbsd, ncat and python3. Runs in a network namespace of its own if
# this user may make one, and on the machine's loopback interface otherwise.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need nc ncat python3
[[ -x $bin/Netcat ]] || fail "$bin/Netcat is missing: swift build -c release"

export PYTHONPATH=$smoke
sessions=(python3 -B "$smoke/netcat/run.py" "$bin/Netcat" "$work")
if unshare -n true 2>/dev/null; then
  need ip
  unshare -n sh -c 'ip link set lo up && exec "$@"' sh "${sessions[@]}"
else
  "${sessions[@]}"
fi
