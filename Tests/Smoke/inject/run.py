"""Runs the cases one after the other and prints a row for each: see inject.sh."""

import re
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import clients
from cases import CASES
from traced import TracedServer
from programs import Failure, wait_until

BIN = Path(sys.argv[1])
ROOT = tempfile.TemporaryDirectory()
Path(ROOT.name, "file").write_bytes(clients.FILE)

# One reactor: strace counts the calls of each thread by itself.
SERVERS = {
    "echo": (["EchoServer", "--port", "0", "--reactors", "1"], clients.echo),
    "http": (["HTTPServer", "--port", "0", "--reactors", "1", "--root", ROOT.name, "--grace", "2"], clients.http),
    "key-value": (["KeyValueServer", "--port", "0"], clients.key_value),
    "chat": (["ChatServer", "--port", "0"], clients.chat),
    "relay": (None, clients.echo),
    "udp": (["UDPEcho", "--port", "0"], clients.udp),
    "udp-batch": (["UDPEcho", "--port", "0", "--batch"], clients.udp),
}
CLIENTS, AT_ONCE = 16, 4
CASES_AT_ONCE = 4
IDLE = 0.03  # of a processor: a tick of the clock in the time of a look


def start(server, calls=None, inject=None):
    command = SERVERS[server][0]
    if server == "relay":
        command = ["Relay", "127.0.0.1:0", f"127.0.0.1:{BEHIND.port}", "--reactors", "1", "--grace", "2"]
    return TracedServer([BIN / command[0], *command[1:]], calls, inject)


def converse(server, port, patience=8):
    """One client's conversation: `None` if all is well, or what was not."""
    try:
        SERVERS[server][1](port, patience)
    except TimeoutError:
        return "hung"
    except (OSError, clients.Closed) as error:
        return f"cut off: {error}"
    except clients.Wrong as error:
        return f"wrong answer: {error}"


def settled(traced, usual):
    """What is open beyond the usual, once the last clients are gone."""
    def extra():
        # A reactor keeps pipes for the next relays: two ends for each direction of those at one time.
        return traced.descriptors() - usual - Counter({"pipe:": 4 * AT_ONCE})

    try:
        wait_until("the descriptors", lambda: not extra(), 3)
    except Failure:
        pass
    return extra()


def usual(server):
    """What is open after clients whom nothing has happened to."""
    if server not in USUAL:
        with start(server) as traced:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                found = list(pool.map(lambda _: converse(server, traced.port), range(CLIENTS)))
            if any(found):
                raise Failure(f"{server}, untouched: {found}")
            before = None
            while (now := traced.descriptors()) != before:
                before = now
                time.sleep(0.3)
            USUAL[server] = now
    return USUAL[server]


USUAL = {}


def run(case):
    """What came of it, and what is wrong with that."""
    faults = []
    normal = usual(case.server)
    with start(case.server, case.call, case.inject) as traced:
        outcomes, busy = [], 0
        if traced.port:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                count = {"paused": AT_ONCE, "once": 3 * CLIENTS}.get(case.expected, CLIENTS)
                patience = 8 if case.expected in ("served", "clients") else 2
                outcomes = list(pool.map(lambda _: converse(case.server, traced.port, patience), range(count)))
        served = outcomes.count(None)
        text = f"{served} of {len(outcomes)} served" if outcomes else "not started"
        if case.expected in ("fatal", "trap"):
            try:
                wait_until("the end", lambda: not traced.is_running, 3)
            except Failure:
                pass
        if traced.is_running:
            busy = traced.busy(1 if case.expected == "paused" else 0.4)
            extra = settled(traced, normal) if case.expected != "paused" and case.call != "close" else None
            text += f", {100 * busy:.0f} % busy"
            if busy > IDLE and "delay" not in case.what:
                faults.append("spins")
            if extra:
                faults.append(f"left open: {dict(extra)}")
            code = traced.stop()
            faults += ["does not end"] if code is None else [f"exit code {code}"] if code else []
            if case.expected in ("fatal", "trap"):
                faults.append("goes on")
        else:
            code = traced.process.returncode
            lines = [line for line in traced.errors.splitlines() if case.error in line]
            said = lines[-1].rpartition("Fatal error: ")[2] if lines else "nothing said"
            text += f"; exit code {code}: {said}"
            if case.expected == "trap":
                faults += [] if code < 0 and len(lines) == 1 else ["does not say why"]
            elif case.expected != "fatal":
                faults.append("has ended")
            elif code != 1 or len(traced.errors.splitlines()) != 1 or not lines:
                faults.append("does not say why")
        injected, log = traced.injected()
        errors = traced.errors
    if case.expected != "trap" and ("MISUSE" in errors or "Fatal error" in errors):
        faults.append("traps")
    hung = outcomes.count("hung")
    wrong = [outcome for outcome in outcomes if outcome and outcome.startswith("wrong") and case.server != "http"]
    if wrong:
        faults.append(wrong[0])
    if injected == 0:
        return "-", "no such call", []
    if case.expected == "served" and served < len(outcomes):
        faults.append(next(filter(None, outcomes)))
    if case.expected in ("clients", "once"):
        if hung and case.expected == "clients":
            faults.append(f"{hung} hung")
        if len(outcomes) - served > injected:
            faults.append(f"{len(outcomes) - served} failed")
    # The first accept4 may be made by a thread whose calls strace counts by themselves.
    if case.expected == "paused" and served > 1:
        faults.append("served")
    if case.call == "close":
        faults += closed_twice(log)
    return injected, text, faults


def closed_twice(log):
    """A number whose close was told to have failed stays open here, so that nobody else gets it: it has one close."""
    failed = Counter(re.findall(r" close\((\d+)\).*\(INJECTED\)", "\n".join(log)))
    return [f"{number} is closed again" for number, count in failed.items() if count > 1]


def outcome(case):
    try:
        return run(case)
    except Failure as failure:
        return "?", str(failure), ["no result"]


def main():
    words = sys.argv[2:]
    brief = "--brief" in words
    words = [word for word in words if word != "--brief"]
    cases = [
        case
        for case in dict.fromkeys(CASES)
        if (case.is_brief or not brief) and all(word in (case.server, case.error, *case.call.split(",")) for word in words)
    ]
    print("| server | call | what | which | times | expected | what came of it | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for server in SERVERS:
        usual(server)
    bad, done = 0, []
    for case, (injected, text, faults) in zip(cases, ThreadPoolExecutor(CASES_AT_ONCE).map(outcome, cases)):
        if injected == "-" and not brief:
            continue
        bad += bool(faults)
        done.append((case, injected if isinstance(injected, int) else 0, faults))
        verdict = "**" + "; ".join(faults) + "**" if faults else "ok"
        what = case.what or case.error
        print(
            f"| {case.server} | {case.call} | {what} | {case.when} | {injected} | {case.expected} | {text} | {verdict} |",
            flush=True,
        )
    print("\nIn short:\n")
    summarise(done)
    print(f"\n{len(done)} cases, {bad} not as expected", flush=True)
    sys.exit(bad > 0)


def summarise(done):
    """A row for each call and what was expected."""
    groups = {}
    for case, injected, faults in done:
        group = groups.setdefault((case.call, case.expected), ({}, {}, [], []))
        group[0][case.server] = group[1][case.what or case.error] = True
        group[2].append(injected)
        group[3].extend(faults)
    print("| call | what | of | times | expected | not so |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (call, expected), (servers, errors, times, faults) in groups.items():
        calls = ", ".join(f"`{name}`" for name in call.split(","))
        what = ", ".join(errors).replace("delay_exit=", "late by µs: ").replace("delay_enter=", "late by µs: ")
        print(f"| {calls} | {what} | {', '.join(servers)} | {sum(times)} | {expected} | {'; '.join(faults) or 'never'} |")


with TracedServer([BIN / "EchoServer", "--port", "0"], None, None) as BEHIND:
    main()
