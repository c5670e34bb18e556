#!/usr/bin/env bash
# The PROXY protocol with HAProxy, receiving and sending, and with curl.
#
# Needs a release build of ProxyPeer, haproxy, curl, openssl and python3.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
need haproxy curl openssl python3
peer=$bin/ProxyPeer
[[ -x $peer ]] || fail "$peer is missing: swift build -c release"

# What the header of a connection says: checks it against a pattern.
expect() {
  local what=$1 wanted=$2 got=$3
  [[ $got =~ ^$wanted$ ]] || fail "$what: '$got', not '$wanted'"
  echo "ok: $what: $got"
}

# Asks by curl; $got is what the server's header said, $client the port that curl had.
ask() {
  got=$(curl -sS --max-time 20 -w '%{local_port}' "$@")
  client=${got##*$'\n'}
  got=${got%$'\n'*}
}

"$peer" serve >"$work/out" 2>"$work/err" </dev/null &
started+=($!)
wait_until "the line of the server" grep -q '^listening on ' "$work/out"
address=$(sed -n 's/^listening on //p' "$work/out")
server_port=${address##*:}

ask --haproxy-protocol "http://$address/"
expect "curl" "v1 127.0.0.1:$client -> $address" "$got"

# Certificates: one authority, a server, a client.
certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
  cat "$work/$1.crt" "$work/$1.key" >"$work/$1.pem"
}
certificate server.example
certificate client.example

cat >"$work/haproxy.cfg" <<CONFIGURATION
defaults
  mode tcp
  timeout connect 10s
  timeout client 20s
  timeout server 20s
listen one
  bind fd@\${V1}
  bind fd@\${V1_IPV6}
  server s $address send-proxy
listen two
  bind fd@\${V2}
  bind fd@\${V2_IPV6}
  server s $address send-proxy-v2
listen fields
  bind fd@\${FIELDS}
  unique-id-format id-%[src_port]
  server s $address send-proxy-v2 proxy-v2-options crc32c,unique-id
listen secure
  bind fd@\${TLS} ssl crt $work/server.example.pem ca-file $work/client.example.crt verify optional
  server s $address send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,authority,crc32c
listen accepting
  bind fd@\${ACCEPT} accept-proxy
  server s $address send-proxy-v2
listen checked
  bind fd@\${CHECKED}
  server s $address send-proxy-v2 check check-send-proxy inter 100ms
CONFIGURATION
python3 "$smoke/haproxy_on_free_ports.py" "$work/haproxy.cfg" "$work/ports" \
  V1=127.0.0.1 V2=127.0.0.1 V1_IPV6=::1 V2_IPV6=::1 FIELDS=127.0.0.1 TLS=127.0.0.1 \
  ACCEPT=127.0.0.1 CHECKED=127.0.0.1 >"$work/haproxy.log" 2>&1 </dev/null &
haproxy=$!
started+=("$haproxy")
wait_until "HAProxy's ports" test -s "$work/ports"
port_of() { awk -v name="$1" '$1 == name { print $2 }' "$work/ports"; }

# A load balancer's own connections are its own.
answers() { curl -s --max-time 5 -o /dev/null "http://127.0.0.1:$(port_of V1)/"; }
wait_until "HAProxy" answers
wait_until "a health check" grep -qx "v2 local" "$work/out"
echo "ok: a health check is LOCAL"

for version in 1 2; do
  port=$(port_of "V$version")
  ask "http://127.0.0.1:$port/"
  expect "send-proxy, version $version" "v$version 127.0.0.1:$client -> 127.0.0.1:$port" "$got"
  port=$(port_of "V${version}_IPV6")
  ask "http://[::1]:$port/"
  expect "the same, IPv6" "v$version \[::1]:$client -> \[::1]:$port" "$got"
done

port=$(port_of FIELDS)
ask "http://127.0.0.1:$port/"
expect "fields and checksum" "v2 127.0.0.1:$client -> 127.0.0.1:$port checksum id=id-$client" "$got"

port=$(port_of TLS)
secure=(--resolve "server.example:$port:127.0.0.1" --insecure "https://server.example:$port/")
ask "${secure[@]}"
from="v2 127.0.0.1:$client -> 127.0.0.1:$port"
expect "TLS" "$from checksum authority=server.example tls=TLSv1.. verified=false cipher=.*" "$got"
ask --cert "$work/client.example.pem" "${secure[@]}"
from="v2 127.0.0.1:$client -> 127.0.0.1:$port"
tls="tls=TLSv1.. verified=true name=client.example cipher=.*"
expect "TLS with a certificate" "$from checksum authority=server.example $tls" "$got"

# HAProxy reads the headers of the library, and sends on what it has understood.
port=$(port_of ACCEPT)
for version in v1 v2 v2-checksum; do
  got=$("$peer" connect "127.0.0.1:$port" "$version" 192.0.2.1:56324 198.51.100.7:443)
  expect "accept-proxy, $version" "v2 192.0.2.1:56324 -> 198.51.100.7:443" "${got##*$'\n'}"
  got=$("$peer" connect "127.0.0.1:$port" "$version" '[2001:db8::1]:1' '[2001:db8::2]:65535')
  expect "the same, IPv6" "v2 \[2001:db8::1]:1 -> \[2001:db8::2]:65535" "${got##*$'\n'}"
done

# Who does not speak it is refused at once, and harms nobody.
refused=$(curl -s --max-time 20 -o /dev/null -w '%{http_code}' "http://$address/" || true)
expect "no header" 000 "$refused"
grep -q 'invalid PROXY protocol header' "$work/out" || fail "the refusal was not reported"
ask --haproxy-protocol "http://$address/"
expect "curl, afterwards" "v1 127.0.0.1:$client -> 127.0.0.1:$server_port" "$got"
kill -0 "$haproxy" || fail "HAProxy has ended: $(cat "$work/haproxy.log")"
[[ ! -s $work/err ]] || fail "the server has complained: $(cat "$work/err")"

echo "proxy: all passed"
