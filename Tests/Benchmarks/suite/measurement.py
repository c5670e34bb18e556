"""One measurement: a fresh server on one core, a load on another, in a network of their own."""

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import namespace, servers, syscalls
from .results import FLOOR

LOAD = servers.SWIFT / "Load"
ECHO = servers.SWIFT / "Floor"


class Failure(Exception):
    """A measurement that has no result, and why."""


@dataclass(frozen=True)
class Setting:
    """What is the same for all measurements of one run."""

    cores: tuple  # of the load, then of the servers
    warm_up: float
    seconds: float


def measure(setting, workload, server, counts_calls=False):
    """Measures in a process of its own, which nothing outlives. Returns a dictionary, or raises a Failure."""
    parent, child = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(
        target=_measure, args=(child, setting, workload, server, counts_calls)
    )
    process.start()
    child.close()
    try:
        # The last resort: each step in there has a limit of its own.
        if not parent.poll(120):
            raise Failure("no result after two minutes")
        kind, value = parent.recv()
    except EOFError:
        raise Failure("the measuring process died") from None
    finally:
        process.kill()
        process.join()
        parent.close()
    if kind == "failure":
        raise Failure(value)
    return value


def _measure(pipe, setting, workload, server, counts_calls):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    isolated = namespace.enter()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        run = Run(setting, workload, server, Path(folder))
        try:
            result = run.counting_calls() if counts_calls else run.measured()
            result["isolated"] = isolated
            pipe.send(("result", result))
        except (Failure, OSError, ValueError) as error:
            pipe.send(("failure", str(error) or type(error).__name__))
        finally:
            run.end()


class Run:
    """The processes of one measurement."""

    def __init__(self, setting, workload, server, folder):
        self.setting = setting
        self.workload = workload
        self.server = server
        self.folder = folder
        self.started = []
        self.load_core, *rest = setting.cores
        self.server_cores = rest[: server.cores]
        if len(self.server_cores) < server.cores:
            self.server_cores.append(self.load_core)

    def measured(self):
        seconds = self.workload.seconds or self.setting.seconds
        return self.loaded(self.setting.warm_up, seconds)[0]

    def counting_calls(self):
        """A short run whose every system call is counted, once the connections are open if they stay open."""
        result, counter = self.loaded(0.1, 0.5, counts_calls=True)
        calls = counter.result()
        if not calls:
            raise Failure("system calls cannot be counted here: neither perf nor strace works")
        requests = result["all_requests"]
        return {
            "tool": counter.tool,
            "requests": requests,
            "calls": {name: count / requests for name, count in calls.items()},
        }

    def loaded(self, warm_up, seconds, counts_calls=False):
        """Starts all, and returns what the load says, and the counter of system calls."""
        counter = None
        words = [*self.workload.load_words, "--warm-up", str(warm_up), "--seconds", str(seconds)]
        limit = 40 + warm_up + seconds
        mode = self.workload.mode
        if self.workload.load_mode == "sink":
            load = self.start_load(["--port", "0", *words])
            port = self.ready(load)
            server = self.start(self.server.command(mode, [port]), self.server_cores)
            self.ready(server)
            if counts_calls:
                counter = syscalls.Counter(server.pid, self.folder)
            load.stdin.write(f"{server.pid}\n")
            load.stdin.flush()
        else:
            argument = []
            if self.workload.backend:
                backend = self.start([str(ECHO), "echo"], [self.load_core])
                argument = [self.ready(backend)]
            path = str(self.folder / "socket")
            if mode == "unix":
                argument = [path]
            if self.server.name == FLOOR and self.workload.floor_mode:
                mode = self.workload.floor_mode
            server = self.start(self.server.command(mode, argument), self.server_cores)
            port = self.ready(server)
            place = ["--unix", path] if mode == "unix" else ["--port", port]
            words += ["--pid", str(server.pid), *place]
            if counts_calls and self.workload.load_mode == "echo":
                load = self.start_load([*words, "--wait", "yes"])
                self.ready(load)
                counter = syscalls.Counter(server.pid, self.folder)
                load.stdin.write("\n")
                load.stdin.flush()
                self.wait_for("}\n", load, limit)
                time.sleep(0.5)  # for what is under way
                counter.stop()
                load.stdin.write("\n")
                load.stdin.flush()
            else:
                if counts_calls:
                    counter = syscalls.Counter(server.pid, self.folder)
                load = self.start_load(words)
        try:
            load.wait(limit)
        except subprocess.TimeoutExpired:
            raise Failure("the load came to no end") from None
        if counter:
            counter.stop()
        if load.returncode != 0:
            raise Failure(self.explain(load, server))
        return json.loads(self.output(load).splitlines()[-1]), counter

    def explain(self, load, server):
        text = f"the load: {self.errors(load)}"
        if server.poll() is not None:
            text += f"; the server ended with {server.returncode}: {self.errors(server)}"
        return text

    def start_load(self, words):
        return self.start([str(LOAD), self.workload.load_mode, *words], [self.load_core])

    def start(self, command, cores):
        def prepare():
            namespace.die_with_parent()
            os.sched_setaffinity(0, cores)
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

        # Files, not pipes: nobody reads while it runs, and a full pipe would stop it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=open(self.folder / f"output-{len(self.started)}", "w+"),
            stderr=open(self.folder / f"errors-{len(self.started)}", "w+"),
            text=True,
            preexec_fn=prepare,
        )
        self.started.append(process)
        return process

    def output(self, process, kind="output"):
        return (self.folder / f"{kind}-{self.started.index(process)}").read_text()

    def errors(self, process):
        return self.output(process, "errors").strip()[-500:] or "nothing on standard error"

    def ready(self, process):
        """Waits for the line that says so; returns the port in it, if any."""
        self.wait_for("\n", process, 20)
        word, *port = self.output(process).splitlines()[0].split()
        if word != "ready":
            raise Failure(f"{process.args[0]} says: {word} {' '.join(port)}")
        return port[0] if port else ""

    def wait_for(self, text, process, seconds):
        """Waits until a process has printed something."""
        program, last = Path(process.args[0]).name, time.monotonic() + seconds
        while text not in self.output(process):
            if process.poll() is not None:
                raise Failure(f"{program} ended with {process.returncode}: {self.errors(process)}")
            if time.monotonic() > last:
                raise Failure(f"{program} has not printed what it should after {seconds:g} s")
            time.sleep(0.01)

    def end(self):
        for process in self.started:
            process.kill()
            process.wait()
