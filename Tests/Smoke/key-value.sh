#!/usr/bin/env bash
# KeyValueServer with Debian's redis-cli and redis-benchmark, with clients that break the rules, and killed in
# mid-load.
#
#     Tests/Smoke/key-value.sh
#
# Needs a release build of KeyValueServer, redis-tools, strace and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need redis-cli redis-benchmark strace python3
[[ -x $bin/KeyValueServer ]] || fail "$bin/KeyValueServer is missing: swift build -c release"

export PYTHONPATH=$smoke
python3 -B "$smoke/key_value/run.py" "$bin/KeyValueServer" "$work"
