# SPDX-License-Identifier: Apache-2.0
"""Every event name that a rule may use, whether or not this version produces the event.

Falco has several codes for an event (enter and exit, older forms); the number of codes decides when it calls a rule too
broad; a name that only plugins use for their events has no code.  ``evt.type`` also accepts the names of system calls
without an event of their own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tiercel.schema.syscall_codes import SYSCALLS

__all__ = ["ASYNC_NAMES", "EVENT_CODES", "GENERIC_CODES", "SYSCALL_NAMES"]

_NAMES_BY_CODES: Final = {
    0: """
    container_removed
    """,
    1: """
    asyncevent close_range cpu_hotplug groupadded groupdeleted infra k8s keyctl mesos notification page_fault
    pluginevent procinfo scapevent signaldeliver task task_file_anon_inode task_file_directory task_file_memfd
    task_file_pipe task_file_regular task_file_socket_inet task_file_socket_inet6 task_file_socket_netlink
    task_file_socket_unix tracer useradded userdeleted
    """,
    2: """
    accept4 access bind capset chdir chmod chown chroot clone3 close connect copy_file_range creat delete_module
    drop dup2 dup3 epoll_create epoll_create1 epoll_wait eventfd eventfd2 execveat fchdir fchmod fchmodat fchown
    fchownat fcntl finit_module flock fsconfig fstat fstat64 futex getcwd getdents getdents64 getegid geteuid
    getgid getpeername getresgid getresuid getrlimit getsockname getsockopt getuid init_module inotify_init
    inotify_init1 io_uring_enter io_uring_register io_uring_setup kill lchown listen llseek lseek lstat lstat64
    memfd_create mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mount mprotect munlock munlockall munmap
    nanosleep newfstatat open open_by_handle_at openat2 pidfd_getfd pidfd_open pipe pipe2 poll ppoll prctl pread
    preadv prlimit process_vm_readv process_vm_writev procexit ptrace pwrite pwritev quotactl read readv recv
    recvfrom recvmmsg recvmsg rename renameat renameat2 seccomp semctl semget semop send sendfile sendmmsg
    sendmsg sendto setgid setns setpgid setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid
    shutdown signalfd signalfd4 socket socketpair splice stat stat64 switch symlink symlinkat syscall tgkill
    timerfd_create tkill umount2 unshare userfaultfd write writev
    """,
    3: """
    container
    """,
    4: """
    bpf brk dup ioctl link linkat mkdir openat rmdir select umount unlink unlinkat
    """,
    6: """
    fork vfork
    """,
    8: """
    accept clone
    """,
    16: """
    execve
    """,
    35: """
    NA
    """,
}

ASYNC_NAMES: Final = frozenset({"container", "container_removed", "k8s"})
"""Names of the events of Falco's plugins for containers and Kubernetes; all of them are an ``asyncevent``."""

EVENT_CODES: Final = MappingProxyType(
    {name: codes for codes, names in _NAMES_BY_CODES.items() for name in names.split()}
)
"""Event name to number of Falco's codes."""

GENERIC_CODES: Final = EVENT_CODES["syscall"]
"""Number of codes of a system call without an event of its own."""

SYSCALL_NAMES: Final = frozenset(row.name for row in SYSCALLS) - EVENT_CODES.keys()
"""System calls without an event of their own."""
