"""Runs HAProxy on sockets that listen already, so that no port has to be guessed.

    haproxy_on_free_ports.py CONFIGURATION PORTS NAME=ADDRESS ...

For each NAME it opens a socket on a free port of ADDRESS, writes the line "NAME PORT" to the file
PORTS, and puts the descriptor's number into the environment, to be used as "bind fd@${NAME}".
"""

import os
import socket
import sys

configuration, ports, *names = sys.argv[1:]
lines = []
for name, address in (word.split("=") for word in names):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 0), family=family)
    listener.set_inheritable(True)
    os.environ[name] = str(listener.detach())
    lines.append(f"{name} {socket.socket(fileno=os.dup(int(os.environ[name]))).getsockname()[1]}\n")
with open(ports + ".new", "w") as file:
    file.writelines(lines)
os.rename(ports + ".new", ports)
os.execvp("haproxy", ["haproxy", "-db", "-f", configuration])
