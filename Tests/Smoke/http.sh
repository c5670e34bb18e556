#!/usr/bin/env bash
# The HTTPServer sample with the clients and proxies that people use: curl, ab, wrk, nginx and HAProxy; and with
# plain sockets that send it what no such client would.
#
#     Tests/Smoke/http.sh
#
# Needs a release build of HTTPServer, curl, ab, wrk, nginx, haproxy and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need curl ab wrk nginx haproxy python3
program=$bin/HTTPServer
[[ -x $program ]] || fail "$program is missing: swift build -c release"

# Starts a server under a name; sets $server, $address and $port.
start() {
  local name=$1
  shift
  "$program" --port 0 "$@" >"$work/$name.out" 2>>"$work/err" </dev/null &
  server=$!
  started+=("$server")
  wait_until "the server's line" grep -q '^listening on ' "$work/$name.out"
  address=$(sed -n 's/^listening on //p' "$work/$name.out")
  port=${address##*:}
}

# Ends a server by a signal, which has to end it in good order.
stop() {
  local code=0
  kill "-$2" "$1"
  wait "$1" || code=$?
  [[ $code == 0 ]] || fail "exit code $code, not 0, after SIG$2: $(cat "$work/err")"
}

ask() { curl -sS --max-time 20 "$@"; }
code() { ask -o /dev/null -w '%{http_code}' "$@"; }
field() { ask -o /dev/null -w "%header{$1}" "${@:2}"; }

root=$work/root
mkdir -p "$root/folder" "$root/site/empty" "$root/.hidden"
head -c 5000000 /dev/urandom >"$root/large"
head -c 60000 "$root/large" >"$root/middle"
head -c 1000 "$root/large" >"$root/small.txt"
echo '<h1>index</h1>' >"$root/site/index.html"
touch "$root/folder/<b>&.css" "$root/.hidden/secret"
echo secret >"$work/secret"
ln -s ../small.txt "$root/folder/inside"
ln -s ../secret "$root/outside"
mkfifo "$root/pipe"

start main --root "$root" --log
main=$server main_address=$address main_port=$port base=http://$address

# Files.
ask "$base/large" | cmp - "$root/large"
expect "a type" "text/plain; charset=utf-8" "$(field content-type "$base/small.txt")"
ask -r 100-199 "$base/large" | cmp - <(tail -c +101 "$root/large" | head -c 100)
ask -r -100 "$base/large" | cmp - <(tail -c 100 "$root/large")
expect "a range" "206 bytes 999900-4999999/5000000" \
  "$(code -r 999900- "$base/large") $(field content-range -r 999900- "$base/large")"
expect "no such range" "416 bytes */1000" \
  "$(code -r 1000- "$base/small.txt") $(field content-range -r 1000- "$base/small.txt")"
head -c 1000000 "$root/large" >"$work/part"
ask -C - -o "$work/part" "$base/large"
cmp "$work/part" "$root/large"
tag=$(field etag "$base/small.txt") date=$(field last-modified "$base/small.txt")
expect "the same tag" 304 "$(code -H "If-None-Match: \"x\", W/$tag" "$base/small.txt")"
expect "another tag" 200 "$(code -H 'If-None-Match: "x"' "$base/small.txt")"
expect "the same date" 304 "$(code -z "$date" "$base/small.txt")"
expect "an earlier date" 200 "$(code -z 'Sun, 06 Nov 1994 08:49:37 GMT' "$base/small.txt")"
expect "a part of the same" 206 "$(code -r 0-1 -H "If-Range: $tag" "$base/small.txt")"
expect "a part of the same, by date" 206 "$(code -r 0-1 -H "If-Range: $date" "$base/small.txt")"
expect "a part of another" 200 "$(code -r 0-1 -H 'If-Range: "x"' "$base/small.txt")"
expect "HEAD" "200 1000 0" \
  "$(ask -I -o /dev/null -w '%{http_code} %header{content-length} %{size_download}' "$base/small.txt")"
expect "an index" '<h1>index</h1>' "$(ask -L "$base/site")"
expect "a folder's place" "301 /site/empty/" \
  "$(code "$base/site/empty") $(field location "$base/site/empty")"
ask "$base/folder/" >"$work/list"
grep -qF '<a href="./%3cb%3e%26.css">&lt;b&gt;&amp;.css</a>' "$work/list" || fail "no list of files"
grep -qF 'text/css' <(field content-type "$base/folder/%3cb%3e%26.css") || fail "a link leads nowhere"

# Files that are not for everybody.
for path in /../secret /folder/../../secret /%2e%2e/secret /..%2fsecret /small.txt%00 /.hidden/secret /%; do
  expect "$path" 400 "$(code --path-as-is "$base$path")"
done
expect "a link to the inside" 200 "$(code "$base/folder/inside")"
expect "a link to the outside" 403 "$(code "$base/outside")"
expect "a pipe" 403 "$(code "$base/pipe")"
expect "no file" 404 "$(code "$base/none")"
expect "a file as a folder" 404 "$(code "$base/small.txt/")"
expect "a method" "405 GET, HEAD" "$(code -X DELETE "$base/large") $(field allow -X DELETE "$base/large")"
expect "no method" 501 "$(code -X BREW "$base/large")"

# Bodies.
for body in small.txt large; do
  ask --data-binary "@$root/$body" "$base/echo" | cmp - "$root/$body"
  ask --data-binary "@$root/$body" -H 'Transfer-Encoding: chunked' "$base/echo" | cmp - "$root/$body"
  ask -T "$root/$body" "$base/echo" | cmp - "$root/$body"
  ask -T - "$base/echo" <"$root/$body" | cmp - "$root/$body"
done
expect "a body that nobody wants" 405 "$(code --data-binary "@$root/large" "$base/small.txt")"
expect "HTTP/1.0" "200 1000 close" \
  "$(ask -0 -o /dev/null -w '%{http_code} %{size_download} %header{connection}' "$base/small.txt")"
expect "one connection for many" "1 0 0" \
  "$(ask -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}\n' "$base"/{hello,none,large} | xargs)"

# Load.
for keep in "" -k; do
  ab -q $keep -n 2000 -c 20 "$base/hello" >"$work/ab" 2>&1 || fail "ab: $(cat "$work/ab")"
  grep -q '^Failed requests: *0$' "$work/ab" || fail "ab: $(cat "$work/ab")"
  if grep -q '^Non-2xx' "$work/ab"; then fail "ab: $(cat "$work/ab")"; fi
  if [[ $keep ]]; then
    grep -q '^Keep-Alive requests: *2000$' "$work/ab" || fail "ab: $(cat "$work/ab")"
  fi
done
for path in hello large; do
  wrk -t1 -c20 -d1 "$base/$path" >"$work/wrk"
  if grep -E 'Socket errors|Non-2xx' "$work/wrk"; then fail "wrk: $(cat "$work/wrk")"; fi
done
echo "ok: ab and wrk"

# What no client should send; and slow clients, at servers with little patience.
python3 -B "$smoke/http/plain_sockets.py" requests "$main" "$main_port" "$root"
start limits --root "$root" --head 1 --idle 2 --max-body 100000
python3 -B "$smoke/http/plain_sockets.py" limits "$server" "$port" "$root"
stop "$server" INT
start drain --root "$root"
python3 -B "$smoke/http/plain_sockets.py" drain "$server" "$port" "$root"
wait "$server" || fail "exit code $? after a drain: $(cat "$work/err")"

# Behind nginx: with connections that are kept, and with bodies in chunks. Not with large bodies: when an answer
# begins before the request has come to its end, nginx 1.22 now and then forgets to send the rest.
cat >"$work/nginx.conf" <<CONFIGURATION
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/nginx-bodies;
  proxy_temp_path $work/nginx-answers;
  fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  upstream server { server $main_address; keepalive 4; }
  server {
    listen unix:$work/nginx.socket;
    client_max_body_size 0;
    location / {
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
    }
  }
}
CONFIGURATION
nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
nginx=$!
started+=("$nginx")
wait_until "nginx" test -S "$work/nginx.socket"
by_nginx() { ask --unix-socket "$work/nginx.socket" "${@:2}" "http://nginx$1"; }
before=$(ask "$base/stats" | awk '/^connections/ { print $2 }')
for _ in 1 2 3 4 5; do
  by_nginx /large | cmp - "$root/large"
  by_nginx /echo -T "$root/middle" | cmp - "$root/middle"
  by_nginx /echo -T - <"$root/middle" | cmp - "$root/middle"
done
after=$(ask "$base/stats" | awk '/^connections/ { print $2 }')
((after - before <= 3)) || fail "nginx has made $((after - before)) connections for 15 requests"
expect "nginx, a range" 206 "$(by_nginx /large -r 0-9 -o /dev/null -w '%{http_code}')"
kill "$nginx"
wait "$nginx" || true
echo "ok: behind nginx"

# Behind HAProxy, which says who the client is.
start proxied --proxy-protocol --log --root "$root"
cat >"$work/haproxy.cfg" <<CONFIGURATION
defaults
  mode http
  timeout connect 10s
  timeout client 20s
  timeout server 20s
listen one
  bind fd@\${V1}
  server s $address send-proxy
listen two
  bind fd@\${V2}
  server s $address send-proxy-v2
listen two_ipv6
  bind fd@\${V2_IPV6}
  server s $address send-proxy-v2
CONFIGURATION
python3 "$smoke/haproxy_on_free_ports.py" "$work/haproxy.cfg" "$work/ports" \
  V1=127.0.0.1 V2=127.0.0.1 V2_IPV6=::1 >"$work/haproxy.log" 2>&1 </dev/null &
haproxy=$!
started+=("$haproxy")
wait_until "HAProxy's ports" test -s "$work/ports"
port_of() { awk -v name="$1" '$1 == name { print $2 }' "$work/ports"; }
logged() { grep -q "$1" "$work/proxied.out"; }
for url in "127.0.0.2 http://127.0.0.1:$(port_of V1)" "127.0.0.3 http://127.0.0.1:$(port_of V2)" \
  "::1 http://[::1]:$(port_of V2_IPV6)"; do
  client=${url% *}
  answers() { curl -s --max-time 5 -o /dev/null "${url#* }/hello"; }
  wait_until "HAProxy" answers
  ask --interface "$client" "${url#* }/large?$client" | cmp - "$root/large"
  ask --interface "$client" -T - "${url#* }/echo" <"$root/large" | cmp - "$root/large"
  wait_until "the client's address" logged "^$client - - .*\"GET /large?$client HTTP/1.1\" 200 5000000"
done
expect "no header" 000 "$(curl -s --max-time 20 -o /dev/null -w '%{http_code}' "http://$address/hello" || true)"
kill "$haproxy"
wait "$haproxy" || true
stop "$server" TERM
echo "ok: behind HAProxy"

stop "$main" TERM
grep -qE '^127\.0\.0\.1 - - \[[^]]+\] "GET /none HTTP/1.1" 404 [0-9]+$' "$work/main.out" || fail "no log"
[[ ! -s $work/err ]] || fail "a server has complained: $(cat "$work/err")"

# The command line.
code=0
"$program" --port x 2>/dev/null || code=$?
expect "a wrong command line" 64 "$code"
code=0
"$program" --port 0 --root "$work/none" 2>"$work/err" || code=$?
expect "no folder" 1 "$code"
grep -q none "$work/err" || fail "the folder is not named: $(cat "$work/err")"

echo "http: all passed"
