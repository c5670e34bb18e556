"""What a result depends on: the machine and the versions of everything."""

import json
import os
import platform
import re
import subprocess
from pathlib import Path

from .servers import HERE


def first_line(*command, cwd=None):
    try:
        result = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (result.stdout or result.stderr).strip().splitlines()
    return lines[0].strip() if result.returncode == 0 and lines else None


def describe():
    """The machine."""
    information = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", information)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    release = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[1]) / 2**20, 1),
        "virtual": "hypervisor" in information,
        "kernel": platform.release(),
        "system": release[1] if release else "Linux",
    }


def versions():
    """The versions of what is compared; only those that are here."""
    commit = first_line("git", "describe", "--always", "--dirty", "--tags", cwd=HERE)
    found = {"this package": commit}
    tools = {"Swift": "swift --version", "GCC": "gcc --version", "Rust": "rustc --version", "Go": "go version"}
    for name, command in tools.items():
        number = re.search(r"\d+(\.\d+)+", first_line(*command.split()) or "")
        found[name] = number and number[0]
    packages = {"tokio": "librust-tokio-dev", "libuv": "libuv1-dev", "Boost": "libboost-dev"}
    for name, package in packages.items():
        found[name] = first_line("dpkg-query", "-W", "-f", "${Version}\n", package)
    resolved = HERE / "Package.resolved"
    if resolved.exists():
        names = {"swift-nio": "SwiftNIO", "flyingfox": "FlyingFox"}
        for pin in json.loads(resolved.read_text())["pins"]:
            if pin["identity"] in names:
                found[names[pin["identity"]]] = pin["state"].get("version")
    return {name: version for name, version in found.items() if version}
