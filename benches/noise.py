# SPDX-License-Identifier: Apache-2.0
"""Alerts of the packaged rules during ordinary work, by kind of work.

Each kind of work is a shell script. It runs as root in a mount namespace of its own, where everything that it changes
lies in memory: overlays cover /etc, /usr, /var, /opt, /root, /home, /srv and /tmp. The sensor watches its process tree.

    python benches/noise.py                       all kinds, packaged rules as they are by default
    python benches/noise.py -k apt -k git         some kinds
    python benches/noise.py --network             also the kinds that fetch packages
    python benches/noise.py --all                 also rules that are off by default
    python benches/noise.py --md                  the table of docs/noise.md
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import os
import subprocess
import sys
from pathlib import Path

import tiercel
from tiercel.engine.held_command import HeldCommand

HERE = Path(__file__).resolve().parent
NAMESPACE = HERE.parent / "tests/support/namespaces.py"
WORK = HERE / "noise"
COVERED = ("etc", "usr", "var", "opt", "root", "home", "srv", "tmp")
MARK = "TIERCEL_NOISE_NAMESPACE"
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root", "NOISE": str(WORK)}


def cover() -> None:
    """Mount an overlay over each folder that the work changes; its upper layer lies in memory."""
    base = Path("/mnt")
    mount("tmpfs", str(base), "tmpfs", "size=2g")
    for name in COVERED:
        folder = Path("/", name)
        if not folder.is_dir():
            continue
        upper, inner = base / name / "upper", base / name / "work"
        upper.mkdir(parents=True)
        inner.mkdir()
        upper.chmod(folder.stat().st_mode & 0o7777)
        mount("overlay", str(folder), "overlay", f"lowerdir={folder},upperdir={upper},workdir={inner}")


def mount(source: str, target: str, kind: str, options: str) -> None:
    """Mount a file system, or end with the kernel's error."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), 0, options.encode()):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), target)


def watch(script: Path, rules: tiercel.Ruleset) -> tuple[list[tiercel.Alert], int, str]:
    """Run one script under a sensor; return its alerts, its exit status and the end of its output."""
    log = Path("/mnt/output")
    command = ["/bin/sh", "-euc", '. "$1" > "$2" 2>&1 < /dev/null', "sh", str(script), str(log)]
    with HeldCommand(command) as held, tiercel.Sensor(rules, scope=tiercel.Scope.tree(held.pid)) as sensor:
        held.release()
        status = held.wait()
        sensor.flush(60)
        alerts: list[tiercel.Alert] = []
        while some := sensor.read():
            alerts += some
    return alerts, status, log.read_text(errors="replace")[-400:]


def leave_container() -> None:
    """Move to the root of each control group hierarchy: this machine may itself be a container."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    for root in {entry[1] for entry in mounts if entry[2] in ("cgroup", "cgroup2")}:
        Path(root, "cgroup.procs").write_text("0")


def about(script: Path) -> str:
    """Return the line that names the work, which follows the licence."""
    return script.read_text().splitlines()[1].removeprefix("#").strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-k", action="append", metavar="WORD", help="only scripts with this word in their name")
    parser.add_argument("-v", action="store_true", help="print each alert, and the output of scripts that fail")
    for option in ("--all", "--md", "--network"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    if MARK not in os.environ:
        os.execve(sys.executable, [sys.executable, NAMESPACE, sys.executable, *sys.argv], {**os.environ, MARK: "1"})
    rules = tiercel.Ruleset.packaged()
    rules = rules.enable(rule="*") if options.all else rules
    leave_container()
    cover()
    os.environ.update(ENVIRONMENT)
    scripts = sorted(path for path in WORK.glob("*.sh") if options.network or not path.stem.startswith("network"))
    scripts = [path for path in scripts if not options.k or any(word in path.stem for word in options.k)]
    if options.md:
        print("| work | exit status | alerts |\n|---|---|---|", flush=True)
    total = serious = 0
    for script in scripts:
        os.chdir(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
        alerts, status, output = watch(script, rules)
        total += len(alerts)
        serious += sum(alert.priority <= tiercel.Priority.WARNING for alert in alerts)
        counts = collections.Counter(alert.rule for alert in alerts)
        found = ", ".join(f"{rule} {count}" for rule, count in counts.most_common()) or "none"
        row = (about(script), str(status), found) if options.md else (f"{script.stem:24} {status:3} {found}",)
        print("| " + " | ".join(row) + " |" if options.md else row[0], flush=True)
        if options.v:
            print(*(f"    {alert.message}" for alert in alerts), sep="\n")
            print(output if status else "", flush=True)
    print(f"\n{total} alerts in {len(scripts)} kinds of work, {serious} of the priority warning or above.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
