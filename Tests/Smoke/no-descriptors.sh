#!/usr/bin/env bash
# Servers that are started with hardly a descriptor, or none, left: they say so in one line, or wait at no cost and serve
# everybody once there are some.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need python3
python3 "$smoke/no_descriptors.py" "$bin"
