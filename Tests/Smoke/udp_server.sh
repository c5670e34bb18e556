# For the scripts beside it: starts the release build of the UDP echo server.
#
# Source it after server.sh.

# Starts the server on a free port and waits for its one line.
# Sets $server to its process id, $address to what it printed, and $port.
start_udp_server() {
  [[ -x $bin/UDPEcho ]] || fail "$bin/UDPEcho is missing: swift build -c release"
  : >"$work/out"
  "$bin/UDPEcho" --port 0 "$@" >"$work/out" 2>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "the line of the server" grep -q '^receiving at .*:[0-9]*$' "$work/out"
  address=$(sed -n 's/^receiving at //p' "$work/out")
  port=${address##*:}
}
