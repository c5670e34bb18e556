#!/usr/bin/env python3
"""Runs everything of key-value.sh: usage run.py KEYVALUESERVER DIRECTORY."""

import sys
import time

import chance
import checks
import durability
from programs import Failure

program, work = sys.argv[1:]
begun, failures = time.monotonic(), 0
for check, *arguments in [*((check,) for check in checks.CHECKS), *durability.CHECKS, *chance.CHECKS]:
    name = " ".join([check.__name__.replace("_", " "), *arguments])
    start = time.monotonic()
    try:
        note = check(program, work, *arguments)
        print(f"ok: {name}{f': {note}' if note else ''} ({time.monotonic() - start:.1f} s)", flush=True)
    except (Failure, OSError, EOFError) as failure:
        failures += 1
        print(f"FAILED: {name}: {failure!r}", flush=True)
print(f"key-value: {failures} failed, {time.monotonic() - begun:.0f} s")
raise SystemExit(bool(failures))
