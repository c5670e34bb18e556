#!/usr/bin/env python3
"""Twenty connections to an echo server: five send and never read, the others do nothing.

    idle_clients.py PORT
"""

import contextlib
import socket
import sys
import threading


def send(connection):
    with contextlib.suppress(OSError):  # the server ends some time
        connection.sendall(bytes(64 << 20))


connections = [
    socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(20)
]
for connection in connections[:5]:
    threading.Thread(target=send, args=[connection], daemon=True).start()
threading.Event().wait(60)
