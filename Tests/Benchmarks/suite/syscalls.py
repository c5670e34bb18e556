"""Counts the system calls of a process.

With the kernel's tracepoints where perf may use them: they are counted in the kernel and slow the process down
by little. Otherwise with strace, which stops the process at each call: it then finds more work each time it
waits, so that waits count too low.
"""

import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# What servers are made of. All others are counted together.
NAMES = """
accept accept4 bind clock_nanosleep close connect epoll_ctl epoll_pwait epoll_pwait2 epoll_wait fcntl futex
getpeername getsockname getsockopt ioctl madvise mmap munmap nanosleep ppoll read readv recvfrom recvmmsg
recvmsg sched_yield sendmmsg sendmsg sendto setsockopt shutdown socket splice timerfd_settime write writev
""".split()

ATTACHING = 0.3


def tool():
    """What can count the system calls of a process of ours, or nothing."""
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(["sleep", "10"]) as process:
        counter = Counter(process.pid, Path(folder))
        counter.stop()
        process.kill()
        return counter.tool if counter.process else None


class Counter:
    """Counts from now on until it is stopped."""

    def __init__(self, pid, folder):
        self.output = folder / "calls"
        for self.tool, command in (("perf", self.perf(pid)), ("strace", self.strace(pid))):
            try:
                self.process = subprocess.Popen(
                    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            except OSError:
                continue
            time.sleep(ATTACHING)
            if self.process.poll() is None:
                return
        self.process = None

    def perf(self, pid):
        events = ["raw_syscalls:sys_enter"] + [f"syscalls:sys_enter_{name}" for name in self.known()]
        return ["perf", "stat", "-x,", "-e", ",".join(events), "-p", str(pid), "-o", str(self.output)]

    def strace(self, pid):
        return ["strace", "-f", "-c", "-U", "calls,name", "-p", str(pid), "-o", str(self.output)]

    @staticmethod
    def known():
        for folder in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing"):
            events = Path(folder) / "events/syscalls"
            try:
                if events.is_dir():
                    # A call's tracepoint may be named after its entry point.
                    return [name for name in NAMES if (events / f"sys_enter_{name}").is_dir()]
            except PermissionError:
                pass
        return []

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def result(self):
        """The number of calls by name, or nothing."""
        if self.process is None or not self.output.exists():
            return {}
        lines = self.output.read_text().splitlines()
        return self.from_perf(lines) if self.tool == "perf" else self.from_strace(lines)

    @staticmethod
    def from_perf(lines):
        counts, total = {}, 0
        for line in lines:
            fields = line.split(",")
            if len(fields) < 3 or not fields[0].isdigit():
                continue
            count, event = int(fields[0]), fields[2]
            if event == "raw_syscalls:sys_enter":
                total = count
            elif count:
                counts[event.removeprefix("syscalls:sys_enter_")] = count
        other = total - sum(counts.values())
        if other > 0:
            counts["other"] = other
        return counts

    @staticmethod
    def from_strace(lines):
        rows = (re.fullmatch(r"\s*(\d+)\s+(\w+)\s*", line) for line in lines)
        return {row[2]: int(row[1]) for row in rows if row and row[2] != "total"}
