"""What is compared: each server is a program that takes a mode, and a way to build it."""

import glob
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SWIFT = HERE / ".build/release"
PEERS = HERE / ".build/peers"
RELAYS = HERE / "Peers/relays/server"

STREAMS = {"echo", "bulk", "lines", "frames", "deadline", "timer", "unix"}
ALL = STREAMS | {"udp", "udp-batch", "relay", "client"}


@dataclass(frozen=True)
class Server:
    """One server."""

    name: str
    title: str
    build: str  # a key of BUILDS
    program: Path
    modes: frozenset
    flags: tuple = ()
    # Words before the mode.
    before: tuple = ()
    cores: int = 1
    # Whether its system calls can be counted: those of one process, not of others that it starts.
    counts_calls: bool = True
    # The workloads that it is meant for; empty for all of which it has the mode.
    only: tuple = ()

    def has(self, workload):
        return (
            workload.mode in self.modes
            and (not self.only or workload.name in self.only)
            and (not workload.only or self.name in workload.only)
        )

    def command(self, mode, argument=()):
        return [str(self.program), *self.before, mode, *argument, *self.flags]


@dataclass(frozen=True)
class Build:
    """How programs are built, and what that needs: tools, files (or patterns of them), Debian's packages."""

    command: tuple
    tools: tuple
    files: tuple = ()
    packages: tuple = ()
    folder: Path = HERE
    environment: tuple = ()

    @property
    def missing(self):
        for tool in self.tools:
            if not shutil.which(tool):
                return tool
        for file in self.files:
            if not glob.glob(file):
                return file
        return None


def swift(product):
    # As programs for servers are usually linked: the runtime's functions are called directly.
    command = ("swift", "build", "-c", "release", "--static-swift-stdlib", "--product", product)
    return Build(command, tools=("swift",))


def compiled(tool, name, source, *options, files, packages):
    flags = ("-O2", "-Wall", "-Wextra", str(HERE / "Peers" / source), "-o", str(PEERS / name))
    return Build((tool, *flags, *options), (tool,), files, packages)


BUILDS = {
    "floor": swift("Floor"),
    "load": swift("Load"),
    "sockets": swift("SocketsServer"),
    "nio": swift("NIOServer"),
    "flying": swift("FlyingServer"),
    "libuv": compiled(
        "cc",
        "libuv",
        "libuv/server.c",
        "-std=gnu17",
        "-luv",
        files=("/usr/include/uv.h",),
        packages=("gcc", "libc6-dev", "libuv1-dev"),
    ),
    "asio": compiled(
        "g++",
        "asio",
        "asio/server.cpp",
        "-std=c++20",
        "-pthread",
        files=("/usr/include/boost/asio/awaitable.hpp",),
        packages=("g++", "libboost-dev"),
    ),
    "tokio": Build(
        ("cargo", "build", "--release", "--offline", "--target-dir", str(PEERS / "tokio-target")),
        tools=("cargo",),
        files=("/usr/share/cargo/registry/tokio-1.*",),
        packages=("librust-tokio-dev", "cargo"),
        folder=HERE / "Peers/tokio",
    ),
    "go": Build(
        ("go", "build", "-o", str(PEERS / "go"), "."),
        tools=("go",),
        packages=("golang-go",),
        folder=HERE / "Peers/go",
        environment=(("GOCACHE", str(PEERS / "go-cache")), ("GO111MODULE", "on")),
    ),
    "haproxy": Build(("haproxy", "-v"), tools=("haproxy",), packages=("haproxy",)),
    "socat": Build(("socat", "-V"), tools=("socat",), packages=("socat",)),
}


def server(name, title, build, program, modes, *flags, **more):
    return Server(name, title, build, program, frozenset(modes), flags, **more)


SERVERS = [
    server("c", "C, edge-triggered epoll (the floor)", "floor", SWIFT / "Floor", ALL | {"read"}),
    server(
        "sockets-reactor",
        "this package, `serve` on the reactor",
        "sockets",
        SWIFT / "SocketsServer",
        ALL | {"read"},
    ),
    server(
        "sockets-pool",
        "this package, for-await loop on the task pool",
        "sockets",
        SWIFT / "SocketsServer",
        ALL | {"read"},
        "--pool",
    ),
    server(
        "sockets-two-reactors",
        "this package, two reactors on two cores",
        "sockets",
        SWIFT / "SocketsServer",
        {"echo"},
        "--two-reactors",
        cores=2,
        only=("echo-1000",),
    ),
    server("tokio", "tokio, current thread", "tokio", PEERS / "tokio-target/release/server", ALL - {"udp-batch"}),
    server("libuv", "libuv", "libuv", PEERS / "libuv", ALL),
    server("asio", "Boost.Asio coroutines", "asio", PEERS / "asio", ALL - {"udp-batch"}),
    server("go", "Go net", "go", PEERS / "go", ALL - {"udp-batch"}),
    server("nio", "SwiftNIO, channel handlers", "nio", SWIFT / "NIOServer", ALL),
    server("nio-async", "SwiftNIO, async channels", "nio", SWIFT / "NIOServer", ALL, "--async"),
    server(
        "flying",
        "FlyingSocks",
        "flying",
        SWIFT / "FlyingServer",
        ALL - {"deadline", "udp-batch"},
    ),
    server("haproxy", "HAProxy, TCP mode with splice", "haproxy", RELAYS, {"relay"}, before=("haproxy",)),
    server(
        "socat",
        "socat, a process for each connection",
        "socat",
        RELAYS,
        {"relay"},
        before=("socat",),
        counts_calls=False,
    ),
]

QUICK = ("c", "sockets-reactor", "sockets-pool")


def named(names):
    """The servers of these names, in the suite's order; all of them without names."""
    known = {server.name for server in SERVERS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no server {unknown[0]}; there are {', '.join(sorted(known))}")
    return [server for server in SERVERS if not names or server.name in names]


def install(servers):
    """Installs the Debian packages of the servers' builds, and of the suite itself."""
    packages = {"python3-matplotlib", "linux-perf", "strace"}
    for server in servers:
        build = BUILDS[server.build]
        # A toolchain that did not come from Debian does as well.
        packages |= {name for name in build.packages if name != "cargo" or not shutil.which("cargo")}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *sorted(packages)]
    subprocess.run(command, check=True, env=environment)


def build(servers, log):
    """Builds the servers and the load.

    Returns the servers that can be run, and the reason for each of the others.
    """
    PEERS.mkdir(parents=True, exist_ok=True)
    failures = {}
    for name in dict.fromkeys(["load", *(server.build for server in servers)]):
        recipe = BUILDS[name]
        if recipe.missing:
            hint = f" (apt-get install {' '.join(recipe.packages)})" if recipe.packages else ""
            failures[name] = f"{recipe.missing} is missing{hint}"
            continue
        log(f"building {name}")
        result = subprocess.run(
            recipe.command,
            cwd=recipe.folder,
            env={**os.environ, **dict(recipe.environment)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if result.returncode != 0:
            failures[name] = "it does not build:\n" + "\n".join(result.stdout.splitlines()[-20:])
    if "load" in failures:
        raise SystemExit(f"the load generator: {failures['load']}")
    can_run = [server for server in servers if server.build not in failures]
    return can_run, {
        server.name: failures[server.build] for server in servers if server.build in failures
    }
