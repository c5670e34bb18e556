#!/usr/bin/env bash
# ChatServer with nc, socat and people who do not read, or write too much.
#
#     Tests/Smoke/chat.sh
#
# Needs a release build of ChatServer, netcat-openbsd, socat and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need nc socat python3
[[ -x $bin/ChatServer ]] || fail "$bin/ChatServer is missing: swift build -c release"

python3 -B "$smoke/chat_sessions.py" "$bin/ChatServer"
