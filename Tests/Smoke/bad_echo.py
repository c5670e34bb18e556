#!/usr/bin/env python3
"""An echo server that does one thing wrong, for one connection.

    bad_echo.py wrong|short|long|reset

Prints its port. Changes the byte at position 70,000; ends after 70,000 bytes; adds a byte at the end;
or resets the connection after 70,000 bytes.
"""

import socket
import struct
import sys

AT = 70_000

fault = sys.argv[1]
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    with connection:
        position = 0
        while data := bytearray(connection.recv(4096)):
            end = position + len(data)
            if fault == "wrong" and position <= AT < end:
                data[AT - position] ^= 1
            if fault in ("short", "reset") and end > AT:
                connection.sendall(data[: AT - position])
                break
            connection.sendall(data)
            position = end
        if fault == "long":
            connection.sendall(b"!")
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if fault == "short":
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
