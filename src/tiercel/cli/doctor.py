# SPDX-License-Identifier: Apache-2.0
"""tiercel doctor: report what this kernel, these privileges and this installation allow, and what to change.

Exits with 0 if the live sensor can run, with 1 if it cannot.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tiercel.errors import TiercelError
from tiercel.escaping import visible, visible_json
from tiercel.frozen import frozen
from tiercel.schema.events import EVENTS

EXAMPLES = """\
  tiercel doctor
  tiercel doctor --json | jq '.checks[] | select(.status != "ok")'
"""

_OK, _WARN, _FAIL = "ok", "warn", "fail"

# linux/capability.h
_CAP_DAC_READ_SEARCH, _CAP_SYS_PTRACE, _CAP_SYS_ADMIN, _CAP_PERFMON, _CAP_BPF = 2, 19, 21, 38, 39
# Optional capabilities, and what the sensor lacks without them.
_USEFUL = {
    _CAP_SYS_PTRACE: (
        "CAP_SYS_PTRACE",
        "names of users in containers, working directories of processes that ran before, files below HOST_ROOT",
    ),
    _CAP_DAC_READ_SEARCH: (
        "CAP_DAC_READ_SEARCH",
        "environments and open files of other users' processes that ran before",
    ),
}
# The inode number of the first pid namespace: PROC_PID_INIT_INO of include/linux/proc_ns.h.
_INIT_PID_NS = 0xEFFFFFFC
_PACKAGE = Path(__file__).parent.parent
_OBJECT = _PACKAGE / "_core" / "probe.bpf.o"
_RING_BYTES = 1 << 16
_BTF = Path("/sys/kernel/btf/vmlinux")
# The raw tracepoints that the probe attaches to, and the iterator that lists running processes.
_HOOKS = ("sys_exit", "sched_process_exec", "sched_process_fork", "sched_process_exit")
_TASK_ITERATOR = "bpf_iter__task"
# Hooks that some kernels lack, and what is not reported without them.
_OPTIONAL = {
    "io_uring_submit_req": ("requests of io_uring", "use a kernel of version 6.3 or later, or forbid io_uring"),
    "page_fault_user": (
        "page_fault",
        "none needed unless rules use it; only x86 has the hook",
    ),
}


@frozen
class Check:
    """One finding: ``status`` is ok, warn (works, with less) or fail (the live sensor cannot run)."""

    name: str
    status: str
    found: str
    advice: str = ""


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _kernel() -> Iterator[Check]:
    yield Check("kernel", _OK, f"{platform.system()} {platform.release()} {platform.machine()}")


def _privileges() -> Iterator[Check]:
    status = _read("/proc/self/status").splitlines()
    effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    held = {bit for bit in range(64) if int(effective, 16) >> bit & 1}
    who = f"uid {os.geteuid()}"
    needed = {_CAP_BPF: "CAP_BPF", _CAP_PERFMON: "CAP_PERFMON"}
    lacking = [] if _CAP_SYS_ADMIN in held else [name for bit, name in needed.items() if bit not in held]
    if lacking:
        advice = "run as root, or give the process CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE (AmbientCapabilities=)"
        yield Check("privileges", _FAIL, f"{who}, without {' and '.join(lacking)}", advice)
        return
    useful = [pair for bit, pair in _USEFUL.items() if bit not in held]
    if useful:
        advice = "; ".join(f"add {name} to see {what}" for name, what in useful)
        without = " and ".join(name for name, _ in useful)
        yield Check("privileges", _WARN, f"{who}, may load BPF programs, without {without}", advice)
    else:
        yield Check("privileges", _OK, f"{who}, may load BPF programs")


def _pid_namespace() -> Iterator[Check]:
    try:
        inode = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        yield Check("pid namespace", _WARN, "/proc is not mounted", "mount /proc")
        return
    if inode == _INIT_PID_NS:
        yield Check("pid namespace", _OK, "the host's")
    else:
        advice = "start the container with the host's pid namespace (docker run --pid=host, Kubernetes hostPID: true)"
        yield Check("pid namespace", _WARN, "a container's: process ids differ from the kernel's", advice)


def _btf() -> Iterator[Check]:
    try:
        blob = _BTF.read_bytes()
    except OSError as error:
        advice = "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (every distribution's since 2021)"
        yield Check("btf", _FAIL, f"{_BTF}: {error.strerror}", advice)
        return
    yield Check("btf", _OK, f"{_BTF}, {len(blob):,} bytes")
    lacking = [hook for hook in _HOOKS if f"\0btf_trace_{hook}\0".encode() not in blob]
    if lacking:
        advice = "use a kernel of version 5.17 or later with tracepoints (CONFIG_FTRACE_SYSCALLS=y)"
        yield Check("hooks", _FAIL, f"no raw tracepoint {', '.join(lacking)}", advice)
    elif f"\0{_TASK_ITERATOR}\0".encode() not in blob:
        advice = "none needed: the processes that already run are read from /proc instead"
        yield Check("hooks", _WARN, "tp_btf tracepoints, but no task iterator", advice)
    else:
        yield Check("hooks", _OK, f"tp_btf {', '.join(_HOOKS)}; iter/task")
    for hook, (what, advice) in _OPTIONAL.items():
        if f"\0btf_trace_{hook}\0".encode() not in blob:
            yield Check("optional hooks", _WARN, f"no raw tracepoint {hook}: {what} not reported", advice)


def _lockdown() -> Iterator[Check]:
    text = _read("/sys/kernel/security/lockdown")
    mode = text.partition("[")[2].partition("]")[0] or "none to be seen"
    if mode == "confidentiality":
        advice = "boot without lockdown=confidentiality: in that mode BPF may not read kernel memory"
        yield Check("lockdown", _FAIL, mode, advice)
    else:
        yield Check("lockdown", _OK, mode)


def _memlock() -> Iterator[Check]:
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft == resource.RLIM_INFINITY or soft >= 1 << 28:
        found = "unlimited" if soft == resource.RLIM_INFINITY else f"{soft:,} bytes"
        yield Check("memlock", _OK, found)
    else:
        # Kernels that charge BPF memory to a memory cgroup ignore the limit; loading the probe shows if this one does.
        yield Check("memlock", _OK, f"{soft:,} bytes; ignored where maps are charged to a memory cgroup")


def _cgroups() -> Iterator[Check]:
    """Look for the machine's cgroups; a sensor in a container does not need a mount of its own."""
    mounts = _read("/proc/1/mounts") or _read("/proc/self/mounts")
    found = [line.split()[1] for line in mounts.splitlines() if line.split()[2:3] == ["cgroup2"]]
    if found:
        yield Check("cgroup v2", _OK, found[0])
    else:
        advice = "mount cgroup2 (mount -t cgroup2 none /sys/fs/cgroup), or name the pid of a tree instead (--pid)"
        yield Check("cgroup v2", _WARN, "not mounted: no --cgroup", advice)


def _engines() -> Iterator[Check]:
    """Request the version of each container engine."""
    from tiercel.containers.engines.discovery import make_engine, sockets
    from tiercel.containers.settings import EngineSettings

    def queried(name: str, path: str) -> Check | None:
        try:
            engine = make_engine(name, path, settings)
            try:
                return Check("container engine", _OK, f"{engine.version()} at {path}")
            finally:
                engine.close()
        except TiercelError as error:
            advice = error.hint or "containers that it runs are known by their ids only: restart it, or see its log"
            text = f"{name} cannot be queried: {error.text} [{error.code}]"
            return None if error.code == "E905" else Check("container engine", _WARN, text, advice)

    settings = EngineSettings()
    found = [check for _, name, path in sockets(settings) if (check := queried(name, path)) is not None]
    text = "none listens where it would by default (others: container_engines.<engine>.sockets)"
    yield from found or [Check("container engine", _OK, text)]


def _kubernetes() -> Iterator[Check]:
    """Request this node's pods from the API server of the cluster."""
    from tiercel.kubernetes.client import Client
    from tiercel.kubernetes.settings import KubernetesSettings

    settings = KubernetesSettings()
    if not settings.is_used:
        yield Check("kubernetes", _OK, "no service account of a cluster here: fields k8smeta.* have no values")
        return
    client = Client(settings)
    try:
        pods, _ = client.list("pods", f"spec.nodeName={settings.node}")
    except TiercelError as error:
        advice = error.hint or "let the account get, list and watch pods, as deploy/ does, for fields k8smeta.*"
        yield Check("kubernetes", _WARN, f"{error.text} [{error.code}]", advice)
        return
    finally:
        client.close()
    if pods:
        yield Check("kubernetes", _OK, f"{len(pods)} pods on node {settings.node}")
    else:
        advice = "set TIERCEL_NODE_NAME, or kubernetes.node_name, to the node's name (the field spec.nodeName of a pod)"
        yield Check("kubernetes", _WARN, f"the cluster has no pod on a node {settings.node}", advice)


def _rules() -> Iterator[Check]:
    root = _PACKAGE / "_rules"
    files = sorted(root.rglob("*.yaml"))
    if files:
        yield Check("packaged rules", _OK, f"{len(files)} files")
    else:
        yield Check("packaged rules", _WARN, f"none below {root}", "reinstall tiercel, or name rule files with -r")


def _probe() -> Iterator[Check]:
    """Load the real object and attach it briefly, with an empty scope: proof that all of the above suffices."""
    try:
        from tiercel._core.probe.probe import Probe
    except ImportError as error:
        advice = "reinstall tiercel for this Python, or run `make setup` in a source tree"
        yield Check("extension", _FAIL, str(error), advice)
        return
    try:
        image = _OBJECT.read_bytes()
    except OSError as error:
        advice = "reinstall tiercel, or run `make setup` in a source tree"
        yield Check("probe", _FAIL, f"{_OBJECT}: {error.strerror} [E403]", advice)
        return
    codes = {event.code for event in EVENTS if event.is_probed}
    try:
        probe = Probe(image)
        try:
            probe.load(codes, scope="tree", life_bytes=_RING_BYTES, volume_bytes=_RING_BYTES)
            probe.attach()
        finally:
            probe.close()
    except TiercelError as error:
        yield Check("probe", _FAIL, f"{error.text} [{error.code}]", error.hint or "see the checks above")
    else:
        yield Check("probe", _OK, f"{len(codes)} events: loaded, attached and detached again")


_CHECKS: tuple[Callable[[], Iterator[Check]], ...] = (
    _kernel,
    _privileges,
    _pid_namespace,
    _btf,
    _lockdown,
    _memlock,
    _cgroups,
    _engines,
    _kubernetes,
    _rules,
    _probe,
)


def checks() -> list[Check]:
    """Make all checks, in the order in which their problems should be solved."""
    return [check for make in _CHECKS for check in make()]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tiercel doctor``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object for tools")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 if the live sensor cannot run."""
    found = checks()
    can_run = all(check.status != _FAIL for check in found)
    if args.json:
        print(visible_json(json.dumps({"can_run": can_run, "checks": [asdict(check) for check in found]}, indent=2)))
        return 0 if can_run else 1
    width = max(len(check.name) for check in found)
    for check in found:
        print(visible(f"{check.status:<4}  {check.name:<{width}}  {check.found}"))
        if check.advice:
            print(visible(f"{'':<6}{'':<{width}}  -> {check.advice}"))
    print()
    verdict = "can run." if can_run else "cannot run: solve what is marked `fail`, from the top."
    print(f"The live sensor {verdict}")
    return 0 if can_run else 1
