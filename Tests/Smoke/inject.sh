#!/usr/bin/env bash
# The servers of the samples while strace makes their system calls fail, or slow: nobody but the client concerned
# notices, nothing spins, hangs or leaks, and what ends a server is said in one line.
#
#     Tests/Smoke/inject.sh [--brief] [SERVER|CALL|ERROR ...]
#
# Prints a table: what was done, how often, what came of it. --brief does a part in less than a minute; words choose
# the rows that have all of them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need python3 strace
python3 "$smoke/inject/run.py" "$bin" "$@"
