# SPDX-License-Identifier: Apache-2.0
"""Table of kernel errors: stage, errno and log text to error code and hint.

A failure has a *stage*, an errno and the output of libbpf or the verifier. The first row that matches all three gives
the code, the sentence and the hint of the ``KernelError``.
"""

import errno
import os
import resource

cimport cython

from tiercel.errors import KernelError

# Required capabilities of loading and attaching: CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, which implies both.
cdef object CAP_SYS_ADMIN = 1 << 21
cdef object CAP_PERFMON = 1 << 38
cdef object CAP_BPF = 1 << 39

cdef str BECOME_ROOT = (
    "run it as root, or give the process CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH "
    "(in a container: --privileged, or --cap-add of these and the host's pid namespace)"
)
cdef str ALREADY_CAPABLE = (
    "the capabilities are there, so something else forbids it: a seccomp profile (container engines ship one without "
    "bpf), a security module, or a user namespace; `tiercel doctor` tells which"
)
cdef str USE_BTF = (
    "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (all current distributions' are) and see that /sys is mounted"
)
cdef str MORE_FILES = "raise the limit of open files (`ulimit -n`): a sensor takes up to 500 while it starts"
cdef str MORE_MEMORY = "free some memory"
cdef str NAMED_IN_LOG = "the log names it; use a newer kernel, or report it with the log and `tiercel doctor --json`"


@cython.final
cdef class Row:
    """One known failure; None and the empty tuple match everything."""
    cdef readonly tuple stages
    cdef readonly tuple errnos
    cdef readonly str pattern
    cdef readonly str code
    cdef readonly str text
    cdef readonly str hint

    def __init__(self, stages, errnos, pattern, code, text, hint):
        self.stages = stages
        self.errnos = errnos
        self.pattern = pattern
        self.code = code
        self.text = text
        self.hint = hint

    cdef bint fits(self, str stage, int err, str log):
        return (
            (not self.stages or stage in self.stages)
            and (not self.errnos or err in self.errnos)
            and (self.pattern is None or self.pattern in log)
        )


cdef tuple ROWS = (
    Row((), (errno.EMFILE,), None, "E412", "there are no file descriptors left", MORE_FILES),
    Row((), (errno.ENFILE,), None, "E412", "the machine has no file descriptors left", "raise `sysctl fs.file-max`"),
    Row(("load",), (errno.ENOMEM,), "BTF", "E412", "there is no memory for the kernel's type information (BTF)",
        MORE_MEMORY),
    Row(("btf",), (errno.ENOMEM,), None, "E412", "there is no memory for the kernel's type information (BTF)",
        MORE_MEMORY),
    # The log is more precise than the errno, which libbpf takes from the last failed call.
    Row(("load",), (), "vmlinux BTF", "E402", "the kernel has no type information (BTF)", USE_BTF),
    Row(("load",), (), "kernel BTF", "E402", "the kernel has no type information (BTF)", USE_BTF),
    Row(("load",), (), "failed to resolve CO-RE", "E409", "the kernel lacks a structure that the probe reads",
        NAMED_IN_LOG),
    Row(("load",), (), "failed to perform CO-RE", "E409", "the kernel lacks a structure that the probe reads",
        NAMED_IN_LOG),
    Row(("load",), (), "BEGIN PROG LOAD LOG", "E405", "the kernel's verifier refused a BPF program",
        "this is a fault of tiercel on this kernel: report it with the log and `tiercel doctor --json`"),

    Row(("btf",), (), None, "E402", "the kernel has no type information (BTF)", USE_BTF),
    Row(("open",), (errno.ENOENT,), None, "E403", "the BPF object is missing",
        "reinstall tiercel; in a source tree, run `make setup`"),
    Row(("open",), (errno.ENOMEM,), None, "E403", "there is no memory to read the BPF object", MORE_MEMORY),
    Row(("open",), (), None, "E403", "the BPF object is damaged",
        "reinstall tiercel; in a source tree, delete src/tiercel/_core/probe.bpf.o and run `make setup`"),
    Row(("schema",), (), None, "E404", "the BPF object and the extension were built from different schemas",
        "rebuild both: `make setup` in a source tree, or reinstall tiercel"),

    Row((), (errno.EPERM, errno.EACCES), None, "E401", "the privileges that the probe needs are missing", BECOME_ROOT),
    Row(("load", "map"), (errno.ENOMEM,), None, "E406", "the kernel has no memory for the BPF maps",
        "make the ring buffers smaller, raise the memory limit of the cgroup, or, on kernels before 5.11, "
        "`ulimit -l unlimited` (without CAP_SYS_RESOURCE a process cannot raise that limit for itself)"),
    Row(("load", "map"), (errno.E2BIG, errno.EINVAL), "failed to create", "E406", "the kernel refused a BPF map",
        "the log names it; a ring buffer's size is a power of two and a multiple of the page size"),
    Row(("load",), (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, 524), None, "E409",
        "the kernel lacks something that the probe needs",
        "Linux 5.17 or later is best, 5.8 the minimum; `tiercel doctor` shows what this kernel can do"),
    Row(("load",), (), None, "E405", "the kernel refused the probe", "the log has libbpf's reasons"),
    Row(("attach",), (errno.ENOENT, errno.ESRCH, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, 524), None, "E407",
        "the kernel does not offer a hook that the probe needs", "`tiercel doctor` shows which hooks this kernel has"),
    Row(("attach",), (), None, "E407", "a BPF program could not be attached", "the log has libbpf's reasons"),
    Row(("ring",), (errno.ENOMEM, errno.EAGAIN), None, "E408", "there is no memory to map a ring buffer",
        "make the ring buffers smaller"),
    Row(("ring",), (), None, "E408", "a ring buffer could not be set up",
        "its size must be a power of two and a multiple of the page size"),
    Row(("thread",), (), None, "E412", "the drain thread could not be started",
        "raise the limits of threads and memory (`ulimit -u`, `ulimit -v`)"),
    Row(("scope",), (errno.ENOENT, errno.ESRCH, errno.ENOTDIR, errno.EBADF), None, "E410",
        "the scope names a process or cgroup that is not there",
        "give the pid of a running process, or the path of a cgroup v2 directory (see `mount -t cgroup2`)"),
    Row(("scope",), (errno.E2BIG,), None, "E410", "the scope holds more processes than the kernel table has room for",
        "watch a cgroup instead of process trees"),
    Row(("iterate",), (), None, "E411", "the processes that already run could not be listed",
        "the sensor can still start without them: their ancestors stay unknown until they exec"),
)

cdef Row LAST = Row((), (), None, "E412", "the kernel refused a BPF operation", "the log has libbpf's reasons")


cdef object effective_capabilities():
    """Return the effective capability set of this thread as a bit mask; 0 if it cannot be read."""
    try:
        with open("/proc/thread-self/status", "rb") as status:
            for line in status:
                if line.startswith(b"CapEff:"):
                    return int(line.split()[1], 16)
    except OSError:
        pass
    return 0


cpdef bint may_load():
    have = effective_capabilities()
    return bool(have & CAP_SYS_ADMIN) or (bool(have & CAP_BPF) and bool(have & CAP_PERFMON))


cpdef object kernel_error(str stage, int err, str what, str log=""):
    cdef Row row
    cdef Row found = LAST
    for row in ROWS:
        if row.fits(stage, err, log):
            found = row
            break
    hint = found.hint
    if hint is BECOME_ROOT and may_load():
        hint = ALREADY_CAPABLE
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if err == errno.ENOMEM and limit != resource.RLIM_INFINITY:
        hint = f"{hint}; the limit of address space (`ulimit -v`) is {limit >> 10} KiB, and a sensor takes about 400000"
    detail = f"{what}: {os.strerror(err)}" if err else what
    return KernelError(found.code, f"{found.text} ({detail})", errno=err or None, log=log, hint=hint)
