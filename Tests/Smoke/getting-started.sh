#!/usr/bin/env bash
# The article GettingStarted, word for word: makes its package in an empty folder, runs every command, and looks at what
# comes of it.
#
#     Tests/Smoke/getting-started.sh [--quick]
#
# --quick leaves out the release build. Needs netcat-openbsd and python3, and port 7007, if this user may not make a
# network namespace, where it is free. The package depends on this one by its path; the rest of it is the article's.
set -euo pipefail
if [[ -z ${IN_NAMESPACE:-} ]] && unshare -n true 2>/dev/null; then
  IN_NAMESPACE=1 exec unshare -n bash -c 'ip link set lo up && exec "$@"' bash "$0" "$@"
fi
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need ip nc python3 swift
article="$root/Sources/Sockets/Sockets.docc/GettingStarted.md"

# Writes the next version of a file of the article: a block behind a line that ends with its name and a colon.
file() {
  mkdir -p "$(dirname "$1")"
  python3 - "$article" "$1" "${2:-1}" "$root" >"$1" <<'END'
import re
import sys

article, name, version, root = sys.argv[1:]
pattern = rf"`{re.escape(name)}`:\n\n```swift\n(.*?)```\n"
text = re.findall(pattern, open(article).read(), re.DOTALL)[int(version) - 1]
url = r'\.package\(url: "[^"]*/swift-sockets", branch: "main"\)'
print(re.sub(url, f'.package(name: "swift-sockets", path: "{root}")', text), end="")
END
}

# Runs a command of the article, which has it as a block of its own.
run() {
  printed "$1"
  eval "$1"
}

# Runs one that goes on until it is told to stop, in the background; its output is in $work/out and $work/err.
start() {
  printed "$1"
  : >"$work/out"
  # In a group of its own, so that a signal reaches the program behind `swift run`, as Ctrl-C does.
  setsid bash -c "exec $1" >"$work/out" 2>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "port 7007" nc -z 127.0.0.1 7007
}

# Stops it as Ctrl-C does.
stop() {
  kill -INT -- "-$server"
  wait "$server" || true
}

printed() {
  python3 - "$article" "$1" <<'END' || fail "the article has no block: $1"
import sys

sys.exit(f"```sh\n{sys.argv[2]}\n```\n" not in open(sys.argv[1]).read())
END
}

# Waits until somebody in the chat has heard something.
said() { wait_until "'$2' in what $1 heard" grep -q "$2" "$work/$1"; }

if nc -z 127.0.0.1 7007; then fail "somebody listens on port 7007 already"; fi
cd "$work"

run 'mkdir -p chat/Sources/Echo && cd chat'
file Package.swift
file Sources/Echo/main.swift
swift build
start 'swift run Echo'
expect "an echo" hello "$(run 'echo hello | nc -N 127.0.0.1 7007')"
stop

run 'mkdir -p Sources/Chat Sources/ChatServer Sources/Say Tests/ChatTests'
file Package.swift 2
for source in Sources/Chat/{Room,Room+Serve}.swift Sources/{ChatServer,Say}/main.swift; do file "$source"; done
file Tests/ChatTests/RoomTests.swift
run 'swift test' 2>&1 | tee "$work/log"
grep -q 'Test run with 1 test .*passed' "$work/log" || fail "the test did not run"
! grep -F 'warning:' "$work/log" || fail "a warning"

# Three in the chat: two with nc, and one by a command.
start 'swift run ChatServer'
for name in ann bob; do
  mkfifo "$work/$name.in"
  nc 127.0.0.1 7007 <"$work/$name.in" >"$work/$name" &
  started+=("$!")
  # Opened, so that nc begins, and kept open.
  if [[ $name == ann ]]; then exec 8>"$work/ann.in"; else exec 9>"$work/bob.in"; fi
  said "$name" 'others are here'
done
said ann 'has come'
echo 'good morning' >&9
said ann 'says good morning'
run 'swift run Say hello everybody' >"$work/say" 2>&1 &
started+=("$!")
said ann 'says hello everybody'
stop
for name in ann bob say; do said "$name" 'the server stops'; done
# Whoever waited for the port has come too, and was gone before the others.
grep -qE '^[0-9]+ members, 3 at a time$' "$work/out" || fail "the server's last line: $(cat "$work/out")"
grep -q 'tcp connection .* bytes read, [0-9]* written$' "$work/err" || fail "no log: $(cat "$work/err")"
echo "ok: a chat"

if [[ ${1:-} != --quick ]]; then
  run 'swift build -c release --static-swift-stdlib' 2>&1 | tee "$work/log"
  ! grep -F 'warning:' "$work/log" || fail "a warning"
  .build/release/ChatServer >"$work/out" 2>"$work/err" &
  server=$!
  started+=("$server")
  wait_until "port 7007" nc -z 127.0.0.1 7007
  ! ldd .build/release/ChatServer | grep -i swift || fail "it needs a library of Swift's"
  kill "$server"
  wait "$server"
  echo "ok: a release build in one file"
fi
