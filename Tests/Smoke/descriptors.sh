#!/usr/bin/env bash
# The DescriptorPassing sample, with itself and with Python in both roles: who owns what, and that nothing is left
# open.
#
#     Tests/Smoke/descriptors.sh
#
# Needs a release build of DescriptorPassing, and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need python3
[[ -x $bin/DescriptorPassing ]] || fail "$bin/DescriptorPassing is missing: swift build -c release"
python3 -B "$smoke/descriptors.py" "$bin/DescriptorPassing" "$work"
