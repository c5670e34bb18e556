"""What is measured: each workload is a mode of the servers and a load."""

from dataclasses import dataclass, field

ECHO = "echo-50"


@dataclass(frozen=True)
class Workload:
    """One workload.

    A server's program is started with `mode` as its first word. `load` are the words of the load generator.
    """

    name: str
    title: str
    mode: str = "echo"
    load_mode: str = "echo"
    load: dict = field(default_factory=dict)
    # Workloads of one family are measured in the same rounds, so that their ratios mean something.
    family: str = ""
    # The workload of the same server that this one is also compared with: the first one that it has.
    beside: tuple = ()
    # Servers other than which none is meant to run; empty for all that have the mode.
    only: tuple = ()
    unit: str = "requests"
    # Fixed where the number of rounds or seconds must not follow the command line.
    rounds: int = 0
    seconds: float = 0
    # What it takes longer than its warm-up and its seconds, roughly: opening connections.
    extra: float = 0.3
    # Whether a second, short run counts system calls.
    counts_calls: bool = True
    # The floor's mode, where it has a better way for this load than for others.
    floor_mode: str = ""
    # Whether another program on the load's core answers what the server under test asks.
    backend: bool = False

    @property
    def load_words(self):
        return [word for option in self.load.items() for word in (f"--{option[0]}", str(option[1]))]



def connections(count, **load):
    return {"connections": count, **load}


WORKLOADS = [
    Workload("echo-1", "1 connection, 64 B", load=connections(1)),
    Workload(ECHO, "50 connections, 64 B", load=connections(50), family="50"),
    Workload(
        "lines",
        "50 connections, lines of 64 B",
        "lines",
        load=connections(50, format="lines"),
        family="50",
        beside=(ECHO,),
    ),
    Workload(
        "frames",
        "50 connections, length-prefixed frames of 64 B",
        "frames",
        load=connections(50, format="frames"),
        family="50",
        beside=(ECHO,),
    ),
    Workload(
        "read",
        "50 connections, 64 B, read by read",
        "read",
        load=connections(50),
        family="50",
        beside=(ECHO,),
        only=("c", "sockets-reactor", "sockets-pool"),
    ),
    Workload(
        "deadline",
        "50 connections, 64 B, a deadline on every read",
        "deadline",
        load=connections(50),
        family="50",
        beside=("read", ECHO),
    ),
    Workload("echo-1000", "1,000 connections, 64 B", load=connections(1_000), counts_calls=False),
    Workload(
        "echo-10000",
        "10,000 connections, 64 B",
        load=connections(10_000),
        extra=1.5,
        counts_calls=False,
    ),
    Workload("echo-16k", "50 connections, 16 KiB", load=connections(50, size=16_384)),
    Workload("pipeline", "50 connections, 64 B, 16 under way", load=connections(50, depth=16)),
    Workload("bulk", "10 connections, 256 KiB", "bulk", load=connections(10, size=262_144)),
    Workload(
        "churn",
        "connect, echo 64 B, close; 50 at a time",
        load_mode="churn",
        load=connections(50),
        unit="connections",
    ),
    Workload(
        "idle",
        "10,000 idle connections, each having echoed once",
        load_mode="idle",
        load=connections(10_000),
        rounds=1,
        seconds=10,
        extra=3,
        counts_calls=False,
    ),
    Workload(
        "timer",
        "1,000 connections, 64 B, each answer 1 ms late",
        "timer",
        load=connections(1_000),
    ),
    Workload("unix", "50 Unix-domain connections, 64 B", "unix", load=connections(50)),
    Workload(
        "udp",
        "UDP, 50 clients, 64 B",
        "udp",
        "datagrams",
        load=connections(50),
        unit="datagrams",
    ),
    Workload(
        "udp-batch",
        "UDP, 8 clients, 16 datagrams of 64 B under way for each",
        "udp-batch",
        "datagrams",
        load=connections(8, depth=16),
        unit="datagrams",
    ),
    Workload(
        "relay",
        "a relay, 50 connections, 16 KiB",
        "relay",
        load=connections(50, size=16_384),
        backend=True,
    ),
    Workload(
        "relay-bulk",
        "a relay, 10 connections, 256 KiB; the floor is a splice loop",
        "relay",
        load=connections(10, size=262_144),
        backend=True,
        floor_mode="relay-splice",
    ),
    Workload(
        "client",
        "1,000 clients that connect, echo 64 B, close",
        "client",
        "sink",
        unit="connections",
    ),
]

# A minute's worth.
QUICK = ("echo-1", ECHO, "echo-1000", "echo-16k", "pipeline", "churn", "udp")


def named(names):
    """The workloads of these names, in the suite's order; all of them without names."""
    known = {workload.name for workload in WORKLOADS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no workload {unknown[0]}; there are {', '.join(sorted(known))}")
    return [workload for workload in WORKLOADS if not names or workload.name in names]
