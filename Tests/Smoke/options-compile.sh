#!/bin/bash
# Options that a socket does not have do not compile: each line marked BAD is type-checked alone and must
# fail with the message behind the mark; all the other lines together must pass.
# Run from the package's directory, after `swift build`.
set -euo pipefail

modules=.build/debug/Modules
map=.build/debug/CSockets.build/module.modulemap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/all.swift" <<'SWIFT'
import Sockets

func tcp(_ tcp: TCPConnection, _ listener: TCPListener) throws {
  try tcp.set(.noDelay, to: true)
  try tcp.set(.hopLimit, to: 9)
  try tcp.set(.sendBufferSize, to: 9)
  try tcp.set(.keepAlive, to: KeepAlive(idle: .seconds(9)))
  try tcp.set(.keepAlive, to: nil)
  try tcp.set(.raw(level: 1, name: 2), to: 3)
  try tcp.set(.raw(level: 1, name: 2, capacity: 4), to: [3])
  let isMultipath: Bool = try tcp.get(.isMultipath)
  let info: TCPInfo = try tcp.get(.tcpInfo)
  let timeout: Duration? = try listener.get(.userTimeout)
  _ = (isMultipath, info, timeout)
  try tcp.set(.isMultipath, to: true)  // BAD has no member 'isMultipath'
  try tcp.set(.tcpInfo, to: info)  // BAD has no member 'tcpInfo'
  try tcp.set(.isListening, to: true)  // BAD has no member 'isListening'
  try tcp.set(.noDelay, to: 1)  // BAD cannot be used as a boolean
  try tcp.set(.userTimeout, to: 30)  // BAD cannot convert
  try tcp.set(.keepAlive, to: true)  // BAD cannot convert
  try listener.set(.pathMTU, to: 1500)  // BAD has no member 'pathMTU'
}

func unix(_ unix: UnixConnection) throws {
  try unix.set(.sendBufferSize, to: 9)
  try unix.set(.raw(level: 1, name: 2), to: 3)
  _ = try unix.get(.isListening)
  try unix.set(.noDelay, to: true)  // BAD requires the types 'Unix' and 'TCP' be equivalent
  try unix.set(.keepAlive, to: nil)  // BAD requires the types 'Unix' and 'TCP' be equivalent
  try unix.set(.hopLimit, to: 9)  // BAD requires that 'Unix' conform to 'IPTransport'
  _ = try unix.get(.noDelay)  // BAD no member 'noDelay'
  _ = try unix.get(.tcpInfo)  // BAD no member 'tcpInfo'
  _ = unix.urgent  // BAD requires the types 'Unix' and 'TCP' be equivalent
}

func packets(_ packets: SeqPacketConnection, _ listener: SeqPacketListener) throws {
  try packets.set(.sendBufferSize, to: 9)
  _ = try listener.get(.isListening)
  try packets.set(.noDelay, to: true)  // BAD (aka 'SeqPacket') and 'TCP' be equivalent
  try packets.set(.receivesCredentials, to: true)  // BAD (aka 'SeqPacket') and 'UnixDatagram' be equivalent
  try listener.set(.reuseAddress, to: true)  // BAD requires that 'SeqPacket' conform to 'IPTransport'
  _ = try packets.get(.tcpInfo)  // BAD no member 'tcpInfo'
}

func datagrams(_ socket: UnixDatagramSocket, _ datagram: Datagram<UnixDatagram>) throws {
  try socket.set(.receivesCredentials, to: true)
  try socket.set(.sendBufferSize, to: 9)
  _ = datagram.credentials
  try socket.set(.noDelay, to: true)  // BAD requires the types 'UnixDatagram' and 'TCP' be equivalent
  try socket.set(.broadcast, to: true)  // BAD requires the types 'UnixDatagram' and 'UDP' be equivalent
  try socket.set(.hopLimit, to: 9)  // BAD requires that 'UnixDatagram' conform to 'IPTransport'
  _ = try socket.get(.tcpInfo)  // BAD no member 'tcpInfo'
  _ = datagram.metadata  // BAD requires the types 'UnixDatagram' and 'UDP' be equivalent
  try socket.set(.multicastHopLimit, to: 1)  // BAD requires the types 'UnixDatagram' and 'UDP' be equivalent
}

func udp(_ udp: UDPSocket) throws {
  try udp.set(.broadcast, to: true)
  try udp.set(.hopLimit, to: 9)
  try udp.set(.receiveBufferSize, to: 9)
  try udp.set(.multicastInterface, to: 1)
  try udp.set(.multicastLoopback, to: false)
  try udp.set(.noDelay, to: true)  // BAD requires the types 'UDP' and 'TCP' be equivalent
  try udp.set(.congestionControl, to: "bbr")  // BAD requires the types 'UDP' and 'TCP' be equivalent
  _ = try udp.get(.tcpInfo)  // BAD no member 'tcpInfo'
  try udp.set(.receivesCredentials, to: true)  // BAD requires the types 'UDP' and 'UnixDatagram' be equivalent
}

func notTCP(_ tcp: TCPConnection) throws {
  try tcp.set(.broadcast, to: true)  // BAD requires the types 'TCP' and 'UDP' be equivalent
  try tcp.set(.multicastHopLimit, to: 1)  // BAD requires the types 'TCP' and 'UDP' be equivalent
}

func early(_ address: SocketAddress) async throws {
  _ = try await TCPListener.bind(to: address) { socket, _ in try socket.set(.fastOpenQueue, to: 9) }
  try await TCPConnection.connect(to: address) { try $0.set(.noDelay, to: true) }
  _ = try await UDPSocket.bind(to: address) { socket, _ in try socket.set(.broadcast, to: true) }
  _ = try await UDPSocket.bind(to: address) { socket, _ in try socket.set(.noDelay, to: true) }  // BAD requires the types 'UDP' and 'TCP' be equivalent
}

func early(_ address: UnixAddress) async throws {
  _ = try await UnixListener.bind(to: address) { socket, _ in try socket.set(.sendBufferSize, to: 9) }
  _ = try await UnixListener.bind(to: address) { socket, _ in try socket.set(.fastOpenQueue, to: 9) }  // BAD requires the types 'Unix' and 'TCP' be equivalent
}
SWIFT

check() {
  swiftc -typecheck -swift-version 6 -I "$modules" -Xcc -fmodule-map-file="$map" "$1" 2>&1 || true
}

grep -v '// BAD' "$work/all.swift" > "$work/good.swift"
output=$(check "$work/good.swift")
if grep -q 'error:' <<< "$output"; then
  echo "FAIL: what is right does not compile"
  echo "$output"
  exit 1
fi

failures=0
count=0
while IFS=: read -r number line; do
  expected=${line##*// BAD }
  awk -v keep="$number" 'NR == keep || !/\/\/ BAD/' "$work/all.swift" > "$work/bad.swift"
  output=$(check "$work/bad.swift")
  count=$((count + 1))
  if ! grep 'error:' <<< "$output" | grep -qF "$expected"; then
    failures=$((failures + 1))
    echo "FAIL: ${line%% // BAD*}: expected: $expected"
    grep 'error:' <<< "$output" | head -3 || echo "  it compiles"
  fi
done < <(grep -n '// BAD' "$work/all.swift")
echo "options-compile: $count misuses, $failures not refused as they should be"
[ "$failures" -eq 0 ]
