"""The results of a run, as JSON, and what is computed from them."""

import json
from statistics import median

FLOOR = "c"


class Results:
    """Everything that was measured."""

    def __init__(self, data):
        self.data = data

    @classmethod
    def load(cls, path):
        return cls(json.loads(path.read_text()))

    def save(self, path):
        """Writes one line for each measurement, so that a difference can be read."""
        parts = []
        for key, value in self.data.items():
            if isinstance(value, list) and value:
                lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
                parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
            else:
                parts.append(f"{json.dumps(key)}: {json.dumps(value, indent=1, ensure_ascii=False)}")
        path.write_text("{\n" + ",\n".join(parts) + "\n}\n")

    @property
    def workloads(self):
        """The names of the workloads that have results."""
        measured = {run["workload"] for run in self.data["runs"]}
        return [name for name in self.data["workloads"] if name in measured]

    @property
    def servers(self):
        measured = {run["server"] for run in self.data["runs"]}
        return [name for name in self.data["servers"] if name in measured]

    def title(self, workload):
        return self.data["workloads"][workload]["title"]

    def runs(self, workload, server):
        """The runs of a pair, by round."""
        return {
            run["round"]: run
            for run in self.data["runs"]
            if (run["workload"], run["server"]) == (workload, server)
        }

    def values(self, workload, server, metric):
        """What a metric was in each round, and its median, or nothing."""
        runs = self.runs(workload, server).values()
        return Spread.of([metric(run) for run in runs])

    def ratios(self, workload, server, metric, to=None):
        """A metric's ratio to that of the floor, or of another workload of the server, within each round."""
        base = self.runs(workload, FLOOR) if to is None else self.runs(to, server)
        runs = self.runs(workload, server)
        pairs = [(metric(runs[n]), metric(base[n])) for n in runs if n in base]
        return Spread.of([a / b for a, b in pairs if a is not None and b])

    def calls(self, workload, server):
        """System calls per request by name."""
        for row in self.data["calls"]:
            if (row["workload"], row["server"]) == (workload, server):
                return row["calls"]
        return {}

    def is_capped(self, workload):
        """Whether the load is what limits the floor's rate."""
        busy = self.values(workload, FLOOR, lambda run: run["load_busy"])
        return busy is not None and busy.median > 0.95

    def user_cpu(self, workload, server):
        """Microseconds per request in user mode: the sampled share of the exact sum, over all rounds."""
        runs = self.runs(workload, server).values()
        user = sum(run["user_ticks"] for run in runs)
        ticks = user + sum(run["system_ticks"] for run in runs)
        cpu = Spread.of([cpu_per_request(run) for run in runs])
        return cpu.median * user / ticks if cpu and ticks else None


class Spread:
    """A median with its minimum and maximum."""

    def __init__(self, values):
        self.median = median(values)
        self.low = min(values)
        self.high = max(values)

    @classmethod
    def of(cls, values):
        values = [value for value in values if value is not None]
        return cls(values) if values else None


def rate(run):
    """Requests per second."""
    return run["requests"] / run["seconds"]


def cpu_per_request(run):
    """Microseconds of the server on a processor for each request."""
    return run["cpu_ns"] / 1e3 / run["requests"] if run["requests"] else None


def switches_per_request(run):
    return (run["slept"] + run["preempted"]) / run["requests"] if run["requests"] else None


def latency(percentile):
    """A metric: the latency of a percentile in microseconds, if enough requests stand behind it."""

    def metric(run):
        found = run.get("latency_us")
        return dict(found["percentiles"]).get(percentile) if found else None

    return metric


def bytes_per_connection(run):
    return run.get("bytes_per_connection")
