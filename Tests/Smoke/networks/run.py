"""Runs everything of networks.sh, or what has a word in its name: usage run.py DIRECTORY [--brief] [WORD ...]."""

import signal
import sys
import time

import cable
import families
import slow
import zones
from network import Network
from programs import Failure


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of each `finally`
    directory, *words = sys.argv[1:]
    is_brief = "--brief" in words
    words = [word for word in words if word != "--brief"]
    begun = time.monotonic()
    done, failures = 0, []
    for check in (
        zones.link_local,
        families.without_ipv4,
        families.without_ipv6,
        families.kernel_without_ipv6,
        cable.pulled,
        cable.interface_down,
        cable.pulled_for_good,
        slow.downloads,
        slow.backpressure,
    ):
        title = check.__name__.replace("_", " ")
        if words and not any(word in title for word in words):
            continue
        started = time.monotonic()
        try:
            with Network(directory) as network:
                for line in check(network, is_brief):
                    done += 1
                    print(f"ok: {title}: {line} ({time.monotonic() - started:.1f} s)", flush=True)
        except (Failure, OSError) as failure:
            failures.append(f"FAILED: {title}: {failure!r}")
            print(failures[-1], flush=True)
    print(f"networks: {done} checks passed, {len(failures)} failed, {time.monotonic() - begun:.0f} s")
    sys.exit(bool(failures))


main()
