"""The results of a run, as JSON, and what is computed from them."""

import json
from statistics import median

FLOOR = "c"

# How far apart the floor may be before and after a run: if it is more, the machine's mood has changed meanwhile, and the
# run says nothing.
STEADY = 1.1


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
        """The runs of a pair."""
        return [run for run in self.data["runs"] if (run["workload"], run["server"]) == (workload, server)]

    def values(self, workload, server, metric):
        """What a metric was in each run, and its median, or nothing."""
        return Spread.of([metric(run) for run in self.runs(workload, server)])

    def ratios(self, workload, server, metric):
        """A metric's ratio to that of the floor, of each run that stands between two steady ones of the floor."""
        return Spread.of([self.ratio(run, metric) for run in self.runs(workload, server)])

    def ratio(self, run, metric):
        """A run's ratio to the floor's runs around it, or nothing."""
        around = self.around(run)
        if not around or not is_steady(around):
            return None
        value, floor = metric(run), [metric(floor) for floor in around]
        if value is None or not all(floor):
            return None
        return value * len(floor) / sum(floor)

    def around(self, run):
        """The floor's runs directly before and after a run."""
        floors = [
            floor
            for floor in self.runs(run["workload"], FLOOR)
            if floor["round"] == run["round"] and floor is not run
        ]
        # Older results have no places, and one run of the floor a round.
        before = [floor for floor in floors if floor.get("place", 0) <= run.get("place", 0)]
        return before[-1:] + floors[len(before) :][:1]

    @property
    def unsteady(self):
        """The share of all runs that have no ratio, since the floor was another one behind them."""
        runs = [
            run
            for run in self.data["runs"]
            if run["server"] != FLOOR and run.get("requests") and self.around(run)
        ]
        return sum(self.ratio(run, rate) is None for run in runs) / len(runs) if runs else 0

    def beside(self, workload, other, server):
        """How many requests per second a server manages in one workload, as a ratio to another, by way of the floor."""
        ratios = [self.ratios(name, server, rate) for name in (workload, other)]
        floors = [self.values(name, FLOOR, rate) for name in (workload, other)]
        if not all(ratios) or not all(floors):
            return None
        return ratios[0].median * floors[0].median / (ratios[1].median * floors[1].median)

    def calls(self, workload, server):
        """System calls per request by name."""
        for row in self.data["calls"]:
            if (row["workload"], row["server"]) == (workload, server):
                return row["calls"]
        return {}

    def is_capped(self, workload):
        """Whether the load is what limits the floor's rate: it is busy, and the floor has time to spare."""
        load = self.values(workload, FLOOR, lambda run: run["load_busy"])
        floor = self.values(workload, FLOOR, lambda run: run["cpu_ns"] / 1e9 / run["seconds"])
        return bool(load and floor) and load.median > 0.9 > floor.median

    def user_cpu(self, workload, server):
        """Microseconds per request in user mode: the sampled share of the exact sum, over all rounds."""
        runs = self.runs(workload, server)
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


def is_steady(floors):
    """Whether runs of the floor found the machine in the same mood."""
    costs = [cpu_per_request(floor) or 0 for floor in floors]
    return max(costs) <= STEADY * min(costs)


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
