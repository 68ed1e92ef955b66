# SPDX-License-Identifier: Apache-2.0
"""Records of processes that live and die, for tests of the process table."""

from __future__ import annotations

import itertools
from typing import Any

from support.core import read
from tiercel._core.state.process_table import ProcessTable
from tiercel.schema.wire import encode

MS = 1_000_000
INIT = 1


class Host:
    """Records of processes with the same header members throughout; time goes on with each."""

    def __init__(self, **table: Any) -> None:
        self.table = ProcessTable(**table)
        self.clock = itertools.count(1_000_000 * MS, MS)
        self.parents: dict[int, int] = {}
        self.cgroup: dict[int, int] = {}
        self.comm: dict[int, str] = {}

    def start(self, pid: int) -> int:
        return pid * 1000

    def header(self, pid: int, **changes: Any) -> dict[str, Any]:
        return {
            "time_ns": next(self.clock),
            "tgid": pid,
            "tid": pid,
            "vpid": pid,
            "vtid": pid,
            "start_ns": self.start(pid),
            "ptgid": self.parents.get(pid, 0),
            "comm": self.comm.get(pid, "sh"),
            "cgroup_id": self.cgroup.get(pid, 7),
            **changes,
        }

    def record(
        self, name: str, pid: int, params: dict[str, Any], extra: dict[str, Any] | None = None, **changes: Any
    ) -> bytes:
        return encode(name, params, header=self.header(pid, **changes), extra=extra)

    def fork(
        self, parent: int, child: int, *, flags: int = 0, tgid: int | None = None, cgroup: int = 0, **changes: Any
    ) -> None:
        params = {
            "child_tid": child,
            "child_tgid": tgid or child,
            "child_start_ns": self.start(tgid or child),
            "child_vtid": child,
            "child_vpid": child,
            "flags": flags,
            "pid_ns": 1,
            "child_cgroup_id": cgroup,
        }
        self.table.apply(self.record("proc_fork", parent, params, **changes))
        if tgid is None:
            self.parents[child] = parent
            self.comm[child] = self.comm.get(parent, "sh")
            self.cgroup[child] = cgroup or self.cgroup.get(parent, 7)

    def exec(
        self, pid: int, path: str, *args: str, res: int = 0, extra: dict[str, Any] | None = None, **params: Any
    ) -> None:
        comm = path.rpartition("/")[2][:15]
        if res == 0:
            self.comm[pid] = comm
        values = {
            "res": res,
            "exe": path,
            "args": args,
            "comm": comm,
            "trusted_exepath": {"real": path},
            "tty": 0,
            "flags": 0,
            "pgid": pid,
            "vpgid": pid,
            **params,
        }
        known = {"sid": pid, "pstart_ns": self.start(self.parents.get(pid, 0)), **(extra or {})}
        self.table.apply(self.record("execve", pid, values, known))

    def exit(self, pid: int, *, reaper: int = 0, tid: int | None = None, last: bool = True, **changes: Any) -> None:
        params = {"status": 0, "ret": 0, "sig": 0, "core": 0, "reaper_tid": reaper}
        self.table.apply(self.record("procexit", pid, params, {"last": int(last)}, tid=tid or pid, **changes))

    def event(self, pid: int, **changes: Any) -> bytes:
        return self.record("setuid", pid, {"res": 0, "uid": 0}, **changes)

    def touch(self, pid: int, **changes: Any) -> None:
        self.table.apply(self.event(pid, **changes))

    def read(self, pid: int, *fields: str, **changes: Any) -> Any:
        return read(self.event(pid, **changes), *fields, table=self.table)

    def seed(self, pid: int, ppid: int, **changes: Any) -> bool:
        known = {"comm": "daemon", "exe": "/d", "args": ["-x"], "exepath": "/usr/bin/d", **changes}
        return self.table.seed(tgid=pid, start_ns=self.start(pid), ptgid=ppid, pstart_ns=self.start(ppid), **known)

    def count(self) -> int:
        return self.table.stats()["processes"]

    def processes(self) -> dict[int, dict[str, Any]]:
        return {process["tgid"]: dict(process) for process in self.table.snapshot()}


def populated() -> Host:
    """A host whose init (1) runs sshd (10), which runs bash (20)."""
    host = Host()
    host.table.seed(
        tgid=INIT, start_ns=host.start(INIT), comm="init", exe="/sbin/init", exepath="/usr/lib/init", cgroups=[]
    )
    host.fork(INIT, 10)
    host.exec(10, "/usr/sbin/sshd", "-D")
    host.fork(10, 20)
    host.exec(20, "/bin/bash", "-c", "ls -l")
    return host
