"""The results as pictures.

    python3 -m suite.plots RESULTS.json FOLDER

A program of its own: matplotlib may be there for another Python than the one that runs the suite.
"""

import sys
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from .results import FLOOR, Results, bytes_per_connection, cpu_per_request, rate

# This package stands out; the other Swift libraries are blue, the rest is told apart by its greys and marks.
STYLES = {
    "c": ("#111111", "o"),
    "sockets-reactor": ("#e4572e", "o"),
    "sockets-pool": ("#f5a25d", "s"),
    "sockets-two-reactors": ("#b23a17", "^"),
    "tokio": ("#7d6b57", "v"),
    "libuv": ("#5b8c5a", "^"),
    "asio": ("#8c8c8c", "<"),
    "go": ("#4aa5a0", ">"),
    "nio": ("#2f5fb3", "D"),
    "nio-async": ("#7fa6e0", "d"),
    "flying": ("#9467bd", "P"),
}


def style(server):
    return STYLES.get(server, ("#555555", "x"))


def short(results, server):
    return results.data["servers"][server].replace("`", "").replace(" (the floor)", "")


def finish(figure, results, path, title, below=0.0):
    """Adds title and note, and saves; leaves room, in inches, for what is below the axes."""
    machine, rounds = results.data["machine"], results.data["setting"]["rounds"]
    note = f"{results.data['date'][:10]} · {machine['processor']}, {machine['cores']} cores · "
    note += f"Linux {machine['kernel']} · " + (f"median of {rounds} rounds" if rounds > 1 else "one round")
    height = figure.get_figheight()
    figure.text(0.01, 1 - 0.1 / height, title, va="top", fontsize=13, fontweight="bold")
    figure.text(0.01, 0.06 / height, note, fontsize=7, color="#666666")
    figure.tight_layout(rect=(0, (0.2 + below) / height, 1, 1 - 0.35 / height))
    figure.savefig(path, dpi=130)
    plt.close(figure)


def bars(axes, results, rows, form):
    """Horizontal bars: one for each server, with minimum and maximum."""
    for place, (server, values) in enumerate(reversed(rows)):
        color = style(server)[0]
        axes.barh(place, values.median, color=color, height=0.72)
        if values.high > values.low:
            axes.hlines(place, values.low, values.high, color="#333333", linewidth=1)
        text = f" {form(values.median)}"
        axes.text(max(values.median, values.high), place, text, va="center", fontsize=7, zorder=3)
    axes.set_yticks(range(len(rows)), [short(results, server) for server, _ in reversed(rows)])
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def ratios(results, path, metric, title):
    """A panel for each workload."""
    names = [name for name in results.workloads if name not in ("idle", FLOOR)]
    names = [name for name in names if results.runs(name, FLOOR)]
    if not names:
        return
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure, panels = plt.subplots(lines, columns, figsize=(4.8 * columns, 2.6 * lines), squeeze=False)
    for axes, name in zip(panels.flat, names):
        rows = [(server, results.ratios(name, server, metric)) for server in results.servers]
        rows = [(server, values) for server, values in rows if values]
        bars(axes, results, rows, lambda value: f"{value:.2f}")
        head = f"{name}: {results.title(name)}"
        if metric is rate and results.is_capped(name):
            head += " (limited by the load)"
        axes.axvline(1, color="#999999", linewidth=0.8, linestyle="--", zorder=0)
        axes.set_xlim(0, max(values.high for _, values in rows) * 1.16)
        axes.set_title(textwrap.fill(head, 40), fontsize=8, loc="left")
    for axes in list(panels.flat)[len(names) :]:
        axes.axis("off")
    finish(figure, results, path, title)


def logarithmic(axis):
    """Marks at 1, 2, 5, 10, 20 and so on."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def legend(figure, axes):
    """Below the axes, in two or three rows."""
    lines, labels = axes.get_legend_handles_labels()
    columns = max(1, int(figure.get_figwidth() / 2.6))
    height = figure.get_figheight()
    figure.legend(lines, labels, ncol=columns, fontsize=7, frameon=False, loc="lower left",
                  bbox_to_anchor=(0.02, 0.15 / height))  # fmt: skip


def curve(results, name, server):
    """The median over the rounds of each percentile that all of them have."""
    lists = [dict(run["latency_us"]["percentiles"]) for run in results.runs(name, server)]
    if not lists:
        return [], []
    parts = sorted(set.intersection(*(set(values) for values in lists)))
    return parts, [sorted(values[part] for values in lists)[len(lists) // 2] for part in parts]


def latencies(results, path):
    names = [name for name in ("echo-1", "echo-50", "echo-1000") if name in results.workloads]
    if not names:
        return
    figure, panels = plt.subplots(1, len(names), figsize=(5.2 * len(names), 4.8), squeeze=False)
    for axes, name in zip(panels.flat, names):
        for server in (s for s in results.servers if all(results.runs(n, s) for n in names)):
            parts, values = curve(results, name, server)
            color, _ = style(server)
            x = [1 / (1 - part / 100) for part in parts]
            axes.plot(x, values, color=color, linewidth=1.5, label=short(results, server))
        axes.set_xscale("log")
        axes.set_yscale("log")
        marks = [50, 90, 99, 99.9, 99.99]
        axes.xaxis.set_major_locator(FixedLocator([1 / (1 - mark / 100) for mark in marks]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * (1 - 1 / x):.5g} %"))
        logarithmic(axes.yaxis)
        axes.grid(alpha=0.25)
        axes.set_ylabel("µs")
        axes.set_title(results.title(name), fontsize=9, loc="left")
    legend(figure, panels.flat[0])
    finish(figure, results, path, "Latency of a request, by percentile", below=0.5)


def growth(results, path):
    names = [name for name in ("echo-1", "echo-50", "echo-1000", "echo-10000") if name in results.workloads]
    if len(names) < 2:
        return
    figure, axes = plt.subplots(figsize=(8, 5.2))
    counts = [results.data["workloads"][name]["load"]["connections"] for name in names]
    for server in results.servers:
        points = [
            (count, results.values(name, server, cpu_per_request))
            for count, name in zip(counts, names)
        ]
        points = [(count, values) for count, values in points if values]
        if len(points) < 2:
            continue
        color, mark = style(server)
        x = [count for count, _ in points]
        axes.plot(x, [v.median for _, v in points], color=color, marker=mark, label=short(results, server))
        axes.fill_between(
            x, [v.low for _, v in points], [v.high for _, v in points], color=color, alpha=0.12
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    logarithmic(axes.yaxis)
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_xlabel("connections")
    axes.set_ylabel("server CPU µs per request of 64 B")
    axes.grid(alpha=0.25)
    legend(figure, axes)
    finish(figure, results, path, "Cost of a request as connections grow", below=0.5)


def memory(results, path):
    if "idle" not in results.workloads:
        return
    rows = [(s, results.values("idle", s, bytes_per_connection)) for s in results.servers]
    rows = [(server, values) for server, values in rows if values]
    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.4 * len(rows)))
    bars(axes, results, rows, lambda value: f"{value:,.0f}")
    axes.set_xlim(0, max(values.high for _, values in rows) * 1.12)
    axes.set_xlabel("bytes of resident memory", fontsize=8)
    finish(figure, results, path, "Memory of an idle connection")


def main():
    results, folder = Results.load(Path(sys.argv[1])), Path(sys.argv[2])
    ratios(results, folder / "throughput.png", rate, "Requests per second, relative to C (more is better)")
    ratios(results, folder / "cpu.png", cpu_per_request, "Server CPU per request, relative to C (less is better)")
    latencies(results, folder / "latency.png")
    growth(results, folder / "connections.png")
    memory(results, folder / "memory.png")


if __name__ == "__main__":
    main()
