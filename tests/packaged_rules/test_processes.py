# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about processes and the kernel, tried for real."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.watch import python, shell, watch_packaged

pytestmark = pytest.mark.kernel

MEMORY, PTRACE, MODULE = "Program run from memory", "Process attached with ptrace", "Kernel module loaded"


def test_program_run_from_memory() -> None:
    code = """
        import os, shutil
        fd = os.memfd_create("payload", 0)
        with open("/bin/true", "rb") as program, open(fd, "wb", closefd=False) as memory:
            shutil.copyfileobj(program, memory)
        os.execve(fd, ["true"], {})
    """
    (alert,) = watch_packaged(python(code)).of(MEMORY)
    assert "memfd:payload" in alert.fields["proc.exepath"]


def test_program_from_a_file_is_no_alert(tmp_path: Path) -> None:
    script = 'cp /bin/true "$1/program"; "$1/program"; exec 3< "$1/program"; rm "$1/program"; /proc/self/fd/3'
    outcome = watch_packaged(shell(script, tmp_path))
    assert outcome.status == 0
    assert outcome.of(MEMORY) == []


PTRACE_CODE = """
    import ctypes, os, signal, sys, time
    libc = ctypes.CDLL(None, use_errno=True)
    request = int(sys.argv[1], 0)
    pid = os.fork()
    if pid == 0:
        if request == 0:
            os._exit(libc.ptrace(0, 0, 0, 0))
        signal.pause()
    try:
        if request:
            target = pid if sys.argv[2:] != ["missing"] else 2**22 + 1
            libc.ptrace(request, target, 0, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
"""


@pytest.mark.parametrize(("request_number", "name"), [("16", "PTRACE_ATTACH"), ("0x4206", "PTRACE_SEIZE")])
def test_process_attached(request_number: str, name: str) -> None:
    (alert,) = watch_packaged(python(PTRACE_CODE, request_number)).of(PTRACE)
    assert alert.fields["evt.arg.request"] == name


@pytest.mark.parametrize("args", [["0"], ["16", "missing"]], ids=["traceme", "no such process"])
def test_being_traced_and_failing_is_no_alert(args: list[str]) -> None:
    assert watch_packaged(python(PTRACE_CODE, *args)).of(PTRACE) == []


def test_kernel_module_loaded(tmp_path: Path) -> None:
    module = tmp_path / "bad.ko"
    module.write_bytes(b"no module at all")
    code = """
        import ctypes, os, sys
        ctypes.CDLL(None).syscall(313, os.open(sys.argv[1], os.O_RDONLY), b"debug=1", 0)
    """
    (alert,) = watch_packaged(python(code, module)).of(MODULE)
    assert alert.fields["fd.name"] == str(module)
    assert alert.fields["evt.arg.uargs"] == "debug=1"
    assert alert.fields["evt.res"] != "SUCCESS"


def test_reading_a_module_is_no_alert(tmp_path: Path) -> None:
    module = tmp_path / "bad.ko"
    module.write_bytes(b"no module at all")
    assert watch_packaged(["cat", module, "/proc/modules"]).of(MODULE) == []
