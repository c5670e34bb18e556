#!/usr/bin/env python3
"""Runs everything of netcat.sh: usage run.py NETCAT DIRECTORY."""

import concurrent.futures
import time

import checks
import sessions
from programs import Failure


def title(function, *arguments):
    words = [function.__name__.replace("_", " ")]
    for argument in arguments:
        words.append(getattr(argument, "__name__", str(argument)).replace("_", " "))
    return ", ".join(words)


def attempt(function, *arguments):
    begun = time.monotonic()
    try:
        note = function(*arguments)
    except (Failure, OSError) as failure:
        return f"FAILED: {title(function, *arguments)}: {failure!r}"
    seconds = time.monotonic() - begun
    return f"ok: {title(function, *arguments)}{f': {note}' if note else ''} ({seconds:.1f} s)"


begun = time.monotonic()
# The one that measures comes alone.
lines = [attempt(checks.slow_reader)]
print(lines[0], flush=True)
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    futures = [
        pool.submit(attempt, *work) for work in (*sessions.all_sessions(), *checks.all_checks())
    ]
    for future in futures:
        lines.append(future.result())
        print(lines[-1], flush=True)
failures = [line for line in lines if line.startswith("FAILED")]
print(f"netcat: {len(lines)} sessions and checks, {len(failures)} failed, {time.monotonic() - begun:.0f} s")
for line in failures:
    print(line)
raise SystemExit(bool(failures))
