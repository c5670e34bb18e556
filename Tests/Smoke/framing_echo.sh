# For framing.sh and instructions.sh: servers of one kind each (FramingEcho), and a load in C for each.
#
# Source it from a bash script, after server.sh.

need cc
cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$work/stream_load" "$smoke/stream_load.c"
declare -A server_of in_of out_of

# Starts the server of a kind, and a load that keeps BATCH of REQUESTS messages on their way over each of 50
# connections; returns when they are warm. What follows is a command that runs the server: env, valgrind.
start_echo() {
  local kind=$1 batch=$2 requests=$3 wire=lines
  shift 3
  if [[ $kind == frames ]]; then wire=frames; fi
  rm -f "$work/out-$kind"
  "$@" "$bin/FramingEcho" "$kind" >"$work/out-$kind" 2>"$work/err-$kind" </dev/null &
  server_of[$kind]=$!
  started+=("$!")
  wait_until "the line of the server" grep -q '^listening on .*:[0-9]*$' "$work/out-$kind"
  mkfifo "$work/in-$kind" "$work/done-$kind"
  "$work/stream_load" "$(sed 's/.*://' "$work/out-$kind")" 50 "$batch" "$requests" "$wire" \
    <"$work/in-$kind" >"$work/done-$kind" &
  started+=("$!")
  exec {in}>"$work/in-$kind" {out}<"$work/done-$kind"
  in_of[$kind]=$in out_of[$kind]=$out
  await_load "$kind"
}

# Waits for the load's next line.
await_load() {
  local line
  read -r -t 60 line <&"${out_of[$1]}" || fail "the load of $1 gave up"
}

# Lets the load make its requests once.
load_echo() {
  echo >&"${in_of[$1]}"
  await_load "$1"
}

# Ends load and server.
stop_echo() {
  local kind=$1 in=${in_of[$1]} out=${out_of[$1]}
  exec {in}>&- {out}<&-
  kill -TERM "${server_of[$kind]}"
  wait "${server_of[$kind]}" || fail "$kind ended with $?: $(cat "$work/err-$kind")"
  rm "$work/in-$kind" "$work/done-$kind"
}
