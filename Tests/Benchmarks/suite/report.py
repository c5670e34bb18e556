"""The results as Markdown."""

from .results import (
    FLOOR,
    Spread,
    bytes_per_connection,
    cpu_per_request,
    latency,
    rate,
    switches_per_request,
)


# Stands behind what the load limits, and what is said of it.
CAPPED = " †"
CAP = "The C server's core had time to spare: the load limits it, and a faster server would look like it."


def count(value):
    """1234567 as 1.23 M, 123456 as 123,000, 12345 as 12,300."""
    if value >= 999_500:
        return f"{value / 1e6:.2f} M"
    if value >= 1000:
        digits = 10 ** (len(str(int(value))) - 3)
        return f"{round(value / digits) * digits:,.0f}"
    return f"{value:.0f}"


def figure(value):
    """Three significant digits."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values, form):
    if values is None:
        return ""
    if form(values.low) == form(values.high):
        return form(values.median)
    return f"{form(values.median)} ({form(values.low)}–{form(values.high)})"


def ratio(values):
    return spread(values, lambda value: f"{value:.2f}")


def table(head, rows):
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows]) + "\n"


def render(results):
    parts = [heading(results), overview(results)]
    parts += [detail(results, name) for name in results.workloads if name != "idle"]
    if "idle" in results.workloads:
        parts.append(idle(results))
    parts += [calls(results), failures(results)]
    return "\n".join(part for part in parts if part)


def heading(results):
    data, machine, setting = results.data, results.data["machine"], results.data["setting"]
    kind = "virtual machine" if machine["virtual"] else "machine"
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    count = setting["rounds"]
    rounds = "One round" if count == 1 else f"Medians, with minimum and maximum, of {count} interleaved rounds"
    isolated = all(run.get("isolated") for run in data["runs"])
    network = "a network namespace of its own" if isolated else "the machine's own network"
    return f"""# Benchmark results, {data["date"][:10]}

{machine["processor"]}, a {kind} of {machine["cores"]} cores and {machine["memory_gib"]} GiB;
{machine["system"]}, Linux {machine["kernel"]}. {versions}.

Server on one core, load on another, each run with a fresh server and in {network}. {rounds}
of {setting["seconds"]:g} s after {setting["warm_up"]:g} s of warm-up. A ratio is taken to the C server's runs directly before and after; if
these are more than a tenth apart, there is none ({results.unsteady:.0%} of all runs). CPU is the server's, user and system, from the kernel's
accounting. How to read this, and how to make it anew: `Tests/Benchmarks/README.md`.
"""


def overview(results):
    """All servers, all workloads, in brief."""
    names = [name for name in results.workloads if name != "idle"]
    rows = []
    for server in results.servers:
        row = [results.data["servers"][server]]
        for name in names:
            speed = results.values(name, server, rate)
            cpu = results.values(name, server, cpu_per_request)
            row.append(f"{count(speed.median)} ({figure(cpu.median)})" if speed and cpu else "")
        rows.append(row)
    ratios = []
    for server in results.servers:
        row = [results.data["servers"][server]]
        for name in names:
            speed = results.ratios(name, server, rate)
            cpu = results.ratios(name, server, cpu_per_request)
            row.append(f"{speed.median:.2f} ({cpu.median:.2f})" if speed and cpu else "")
        ratios.append(row)
    text = "## Overview\n\nRequests per second, and in brackets server CPU µs per request.\n\n"
    text += table(["server", *names], rows)
    if FLOOR in results.servers:
        text += "\nThe same as ratios to the C server.\n\n" + table(["server", *names], ratios)
    return text


def detail(results, name):
    """One workload."""
    workload = results.data["workloads"][name]
    unit = workload["unit"]
    head = [
        "server",
        f"{unit}/s",
        "of C",
        f"CPU µs/{unit[:-1]}",
        "of C",
        "user µs",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "switches",
        "system calls",
        "load busy",
    ]
    beside = [other for other in workload["beside"] if other in results.workloads]
    if beside:
        head.append("of its own " + " or ".join(beside))
    is_capped = results.is_capped(name)
    rows = []
    for server in results.servers:
        speed = results.values(name, server, rate)
        if speed is None:
            continue
        calls = results.calls(name, server)
        row = [
            results.data["servers"][server],
            spread(speed, count),
            ratio(results.ratios(name, server, rate)) + (CAPPED if is_capped else ""),
            spread(results.values(name, server, cpu_per_request), figure),
            ratio(results.ratios(name, server, cpu_per_request)),
            figure(results.user_cpu(name, server)),
            *(middle(results.values(name, server, latency(part))) for part in (50, 99, 99.9)),
            middle(results.values(name, server, switches_per_request), "{:.2f}"),
            f"{sum(calls.values()):.2f}" if calls else "",
            middle(results.values(name, server, lambda run: run["load_busy"]), "{:.0%}"),
        ]
        if beside:
            own = next((other for other in beside if results.runs(other, server)), None)
            found = own and results.beside(name, own, server)
            row.append(f"{found:.2f}" if found else "")
        rows.append(row)
    note = f"\n{CAPPED.strip()} {CAP}\n" if is_capped else ""
    return f"## {name}: {workload['title']}\n\n" + table(head, rows) + note


def middle(values: Spread | None, form=None):
    if values is None:
        return ""
    return form.format(values.median) if form else figure(values.median)


def idle(results):
    rows = []
    for server in results.servers:
        runs = results.runs("idle", server)
        if not runs:
            continue
        memory = results.values("idle", server, bytes_per_connection)
        wakes = results.values("idle", server, lambda run: run["wake_ups"])
        cpu = results.values("idle", server, lambda run: run["cpu_ns"] / 1e6)
        total = results.values("idle", server, lambda run: run["rss_bytes"] / 2**20)
        rows.append(
            [
                results.data["servers"][server],
                f"{memory.median:,.0f}",
                figure(total.median),
                f"{wakes.median:.0f}",
                figure(cpu.median),
            ]
        )
    seconds = results.data["workloads"]["idle"]["seconds"]
    head = ["server", "bytes of RSS each", "RSS MiB", f"wake-ups in {seconds:g} s", "CPU ms"]
    return f"## idle: {results.title('idle')}\n\n" + table(head, rows)


def calls(results):
    rows = []
    for row in results.data["calls"]:
        counts = sorted(row["calls"].items(), key=lambda pair: -pair[1])
        text = ", ".join(f"{name} {value:.3f}" for name, value in counts if value >= 0.0005)
        rows.append([row["workload"], results.data["servers"][row["server"]], text])
    if not rows:
        return ""
    tools = " and ".join(sorted({row["tool"] for row in results.data["calls"]}))
    text = f"## System calls per request\n\nCounted in a short run of its own with {tools}; "
    text += "the counting slows the server, so that it finds more work each time it waits.\n\n"
    lines = [f"| {' | '.join(row)} |" for row in [["workload", "server", "calls"], ["---"] * 3, *rows]]
    return text + "\n".join(lines) + "\n"


def failures(results):
    rows = [
        f"- {row['server']}, {row['workload']}: {row['reason'].splitlines()[0]}"
        for row in results.data["failures"]
    ]
    rows = dict.fromkeys(rows)  # more than one round may have failed in the same way
    return "## What could not be measured\n\n" + "\n".join(rows) + "\n" if rows else ""
