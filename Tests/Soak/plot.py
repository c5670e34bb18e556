#!/usr/bin/env python3
"""Draws the figures of a soak run, and says how each has changed from the first third of it to the last.

    plot.py FILE.csv [PICTURE.png]

Exits with 1 if memory has grown by more than 2 MiB, or something else by more than its own ups and downs.
"""

import csv
import statistics
import sys

FIGURES = {
    "resident_kib": "resident memory, KiB",
    "descriptors": "open descriptors",
    "threads": "threads",
    "parked": "parked tasks",
    "registrations": "registrations",
    "timers": "timers",
}


def read(path):
    with open(path, newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    # The first tenth is for warming up.
    return rows, rows[len(rows) // 10 :]


def growth(rows, name):
    """The means of the first third and the last, and how far a single value may lie from them."""
    values = [row[name] for row in rows]
    third = len(values) // 3
    first, last = values[:third], values[-third:]
    return statistics.mean(first), statistics.mean(last), statistics.pstdev(values)


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 2, figsize=(9, 7), sharex=True)
    for axis, (name, label) in zip(axes.flat, FIGURES.items()):
        axis.plot([row["seconds"] / 60 for row in rows], [row[name] for row in rows], linewidth=0.7)
        axis.set_title(label, fontsize=9)
        axis.set_ylim(0, 1.15 * max(row[name] for row in rows))
        axis.grid(alpha=0.3)
    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main():
    everything, rows = read(sys.argv[1])
    if len(rows) < 9:
        sys.exit("too few rows to say anything")
    grown = []
    for name, label in FIGURES.items():
        first, last, spread = growth(rows, name)
        print(f"{label}: {first:.1f} at first, {last:.1f} at last, give or take {spread:.1f}")
        allowed = 2048 if name == "resident_kib" else max(1, spread)
        if last - first > allowed:
            grown.append(label)
    seconds = rows[-1]["seconds"] - rows[0]["seconds"]
    print(f"processor: {100 * (rows[-1]['cpu_seconds'] - rows[0]['cpu_seconds']) / seconds:.1f} %")
    if len(sys.argv) > 2:
        try:
            draw(everything, sys.argv[2])
        except ModuleNotFoundError:
            print("no picture: matplotlib is missing (apt-get install python3-matplotlib)")
    if grown:
        sys.exit(f"grown: {', '.join(grown)}")


main()
