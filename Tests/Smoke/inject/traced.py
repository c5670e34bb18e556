"""A server of the samples under strace, which makes some of its calls fail."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from programs import PATIENCE, Failure, text, wait_until

TICK = 1 / os.sysconf("SC_CLK_TCK")


class TracedServer:
    """Started with strace as its own child's child, so that it is this process's child, with its own exit code."""

    def __init__(self, command, calls, inject):
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name, "strace")
        self.out = open(Path(self.folder.name, "out"), "w+b")
        self.err = open(Path(self.folder.name, "err"), "w+b")
        strace = ["strace", "-D", "-f", "-qq", "-o", self.log]
        if inject:
            strace += ["--seccomp-bpf", "-e", f"trace={calls}", "-e", "signal=none", "-e", f"inject={inject}"]
        else:
            strace = []
        self.process = subprocess.Popen(
            [*strace, *command], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err
        )
        wait_until("the server's line", lambda: self.ready or self.process.poll() is not None)
        self.port = int(self.ready[1]) if self.ready else None

    @property
    def ready(self):
        return re.search(r"^(?:listening on|receiving at) .*:(\d+)$", text(self.out), re.MULTILINE)

    @property
    def errors(self):
        return text(self.err)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.out.close()
        self.err.close()
        self.folder.cleanup()

    @property
    def is_running(self):
        return self.process.poll() is None

    def descriptors(self):
        """The open descriptors: how many there are of each kind, files apart."""
        kinds = Counter()
        for entry in os.scandir(f"/proc/{self.process.pid}/fd"):
            try:
                kinds[os.readlink(entry.path).partition("[")[0]] += 1
            except OSError:
                pass  # closed meanwhile
        return Counter({kind: count for kind, count in kinds.items() if not kind.startswith("/")})

    def cpu(self):
        """Seconds of the processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def busy(self, seconds):
        """Which part of a processor it uses for so long."""
        start, began = self.cpu(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu() - start) / (time.monotonic() - began)

    def stop(self):
        """Ends it; its exit code, or `None` if it does not end."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return None

    def injected(self):
        """How often strace has meddled, once it has written it all down; and the log's lines."""
        try:
            wait_until("the log's end", lambda: "+++" in self.log.read_text().rpartition("\n")[0][-200:], 2)
        except (Failure, FileNotFoundError):
            pass
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum("(INJECTED)" in line or "(DELAYED)" in line for line in lines), lines
