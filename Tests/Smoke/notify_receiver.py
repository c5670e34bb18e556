"""Runs a command as a service manager would, and prints what it says.

    notify_receiver.py SOCKET [COUNT] -- COMMAND ...

SOCKET is a path, or @ and an abstract name. Prints each message on one line, its own lines joined by "|",
and "+N" for N descriptors that came with it; the number of the process is "PID". Ends with the command, or
sends it SIGTERM after COUNT messages. Exits as the command does.
"""

import os
import signal
import socket
import subprocess
import sys

words = sys.argv[1:]
separator = words.index("--")
name, limit, command = words[0], words[1:separator], words[separator + 1 :]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + name[1:] if name.startswith("@") else name)
process = subprocess.Popen(command, env=os.environ | {"NOTIFY_SOCKET": name})
received = 0
receiver.settimeout(0.05)
while True:
    ended = process.poll() is not None  # before the look at the queue: nothing comes after it
    try:
        data, descriptors, flags, _ = socket.recv_fds(receiver, 4096, 253)
    except TimeoutError:
        if ended:
            break
        continue
    assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC), flags
    text = data.decode().rstrip("\n").replace("\n", "|").replace(str(process.pid), "PID")
    print(text + (f" +{len(descriptors)}" if descriptors else ""), flush=True)
    for descriptor in descriptors:
        os.close(descriptor)
    received += 1
    if limit and received == int(limit[0]):
        process.send_signal(signal.SIGTERM)
sys.exit(process.returncode)
