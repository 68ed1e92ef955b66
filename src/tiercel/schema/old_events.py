# SPDX-License-Identifier: Apache-2.0
"""Events that only captures of older versions contain: the params of each code.

No probe makes them and no rule sees them. The reader of captures turns them into the current events by the rules of
:mod:`tiercel.schema.converter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.types import T, ValueType

__all__ = ["CODES", "OLD_EVENTS", "UNUSED_CODES", "OldEvent"]

CODES: Final = 454
"""Number of codes in the current table, from 0; an event with a greater code comes from a newer writer."""


@frozen
class OldEvent:
    """One form of an event that is out of use.

    Attributes:
        code: Falco's code; even for the enter event of a system call, odd for the exit event.
        name: name of this form, for messages; ends in ``_e`` (enter) or ``_x`` (exit).
        types: types of the params.
    """

    code: int
    name: str
    types: tuple[ValueType, ...]


# Code, name, types of the params; TYPE*N stands for N in a row.
_ROWS: Final = """
    0 generic_e SYSCALLID UINT16
    4 close_e FD
    6 read_e FD UINT32
    8 write_e FD UINT32
    10 brk_1_e UINT32
    11 brk_1_x UINT64
    12 execve_8_e
    13 execve_8_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64
    14 clone_11_e
    15 clone_11_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 FLAGS32 UINT32*2
    16 procexit_e
    18 socket_e ENUMFLAGS32 UINT32*2
    20 bind_e FD
    24 listen_e FD INT32
    26 accept_e
    27 accept_x FD SOCKTUPLE UINT8
    28 send_e FD UINT32
    30 sendto_e FD UINT32 SOCKTUPLE
    32 recv_e FD UINT32
    34 recvfrom_e FD UINT32
    36 shutdown_e FD ENUMFLAGS8
    38 getsockname_e
    40 getpeername_e
    42 socketpair_e ENUMFLAGS32 UINT32*2
    44 setsockopt_e
    46 getsockopt_e
    48 sendmsg_e FD UINT32 SOCKTUPLE
    50 sendmmsg_e
    52 recvmsg_e FD
    54 recvmmsg_e
    56 accept4_e INT32
    57 accept4_x FD SOCKTUPLE UINT8
    60 pipe_e
    62 eventfd_e UINT64 UINT32
    64 futex_e UINT64 FLAGS16 UINT64
    66 stat_e
    68 lstat_e
    70 fstat_e FD
    72 stat64_e
    74 lstat64_e
    76 fstat64_e FD
    78 epollwait_e ERRNO
    80 poll_e FDLIST INT64
    82 select_e
    84 newselect_e
    85 newselect_x ERRNO
    86 lseek_e FD UINT64 ENUMFLAGS8
    88 llseek_e FD UINT64 ENUMFLAGS8
    90 ioctl_2_e FD UINT64
    91 ioctl_2_x ERRNO
    92 getcwd_e
    94 chdir_e
    96 fchdir_e FD
    98 mkdir_e FSPATH UINT32
    99 mkdir_x ERRNO
    100 rmdir_e FSPATH
    101 rmdir_x ERRNO
    102 openat_e FD CHARBUF FLAGS32 UINT32
    103 openat_x FD
    104 link_e FSPATH*2
    105 link_x ERRNO
    106 linkat_e FD CHARBUF FD CHARBUF
    107 linkat_x ERRNO
    108 unlink_e FSPATH
    109 unlink_x ERRNO
    110 unlinkat_e FD CHARBUF
    111 unlinkat_x ERRNO
    112 pread_e FD UINT32 UINT64
    114 pwrite_e FD UINT32 UINT64
    116 readv_e FD
    118 writev_e FD UINT32
    120 preadv_e FD UINT64
    122 pwritev_e FD UINT32 UINT64
    124 dup_e FD
    125 dup_x FD
    126 signalfd_e FD UINT32 UINT8
    128 kill_e PID SIGTYPE
    130 tkill_e PID SIGTYPE
    132 tgkill_e PID*2 SIGTYPE
    134 nanosleep_e RELTIME
    136 timerfd_create_e UINT8*2
    138 inotify_init_e UINT8
    140 getrlimit_e ENUMFLAGS8
    142 setrlimit_e ENUMFLAGS8
    144 prlimit_e PID ENUMFLAGS8
    146 schedswitch_1_e PID
    150 fcntl_e FD ENUMFLAGS8
    154 execve_13_e
    155 execve_13_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3
    156 clone_16_e
    157 clone_16_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 FLAGS32 UINT32*2
    158 brk_4_e UINT64
    160 mmap_e UINT64*2 FLAGS32*2 FD UINT64
    162 mmap2_e UINT64*2 FLAGS32*2 FD UINT64
    164 munmap_e UINT64*2
    166 splice_e FD*2 UINT64 FLAGS32
    168 ptrace_e ENUMFLAGS16 PID
    170 ioctl_3_e FD UINT64*2
    172 execve_14_e
    173 execve_14_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3 BYTEBUF
    174 rename_e
    176 renameat_e
    178 symlink_e
    180 symlinkat_e
    182 fork_e
    183 fork_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 FLAGS32 UINT32*2
    184 vfork_e
    185 vfork_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 FLAGS32 UINT32*2
    188 sendfile_e FD*2 UINT64*2
    190 quotactl_e FLAGS16 FLAGS8 UINT32 FLAGS8
    192 setresuid_e UID*3
    194 setresgid_e GID*3
    198 setuid_e UID
    200 setgid_e GID
    202 getuid_e
    204 geteuid_e
    206 getgid_e
    208 getegid_e
    210 getresuid_e
    212 getresgid_e
    214 execve_15_e
    215 execve_15_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3 CHARBUF BYTEBUF
    216 clone_17_e
    217 clone_17_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 CHARBUF FLAGS32 UINT32*2
    218 fork_17_e
    219 fork_17_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 CHARBUF FLAGS32 UINT32*2
    220 vfork_17_e
    221 vfork_17_x PID CHARBUF BYTEBUF PID*3 CHARBUF INT64 UINT64*2 UINT32*3 CHARBUF FLAGS32 UINT32*2
    222 clone_20_e
    224 fork_20_e
    226 vfork_20_e
    228 container_e CHARBUF UINT32 CHARBUF*2
    230 execve_16_e
    231 execve_16_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3 CHARBUF BYTEBUF*2
    236 getdents_e FD
    238 getdents64_e FD
    240 setns_e FD FLAGS32
    242 flock_e FD FLAGS32
    246 accept_5_e
    248 accept4_5_e INT32
    249 accept4_5_x FD SOCKTUPLE UINT8 UINT32*2
    250 semop_e INT32
    252 semctl_e INT32*2 FLAGS16 INT32
    254 ppoll_e FDLIST RELTIME SIGSET
    256 mount_e FLAGS32
    258 umount_e FLAGS32
    259 umount_x ERRNO FSPATH
    260 k8s_e CHARBUF
    262 semget_e INT32*2 FLAGS32
    264 access_e FLAGS32
    266 chroot_e
    268 tracer_e INT64 CHARBUFARRAY*2
    270 mesos_e CHARBUF
    272 container_json_e CHARBUF
    274 setsid_e
    276 mkdir_2_e UINT32
    278 rmdir_2_e
    282 execve_17_e
    283 execve_17_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3 CHARBUF BYTEBUF*2 INT32
    284 unshare_e FLAGS32
    288 execve_18_e FSPATH
    289 execve_18_x ERRNO CHARBUF BYTEBUF PID*3 CHARBUF UINT64*3 UINT32*3 CHARBUF BYTEBUF*2 INT32
    292 execve_19_e FSPATH
    294 setpgid_e PID*2
    296 bpf_e INT64
    297 bpf_x DYN
    298 seccomp_e UINT64*2
    300 unlink_2_e
    302 unlinkat_2_e
    304 mkdirat_e
    308 link_2_e
    310 linkat_2_e
    312 fchmodat_e
    314 chmod_e
    316 fchmod_e
    318 renameat2_e
    320 userfaultfd_e
    328 mprotect_e UINT64*2 FLAGS32
    330 execveat_e FD FSRELPATH FLAGS32
    332 copy_file_range_e FD UINT64*2
    334 clone3_e
    336 open_by_handle_at_e
    338 io_uring_setup_e
    340 io_uring_enter_e
    342 io_uring_register_e
    344 mlock_e
    346 munlock_e
    348 mlockall_e
    350 munlockall_e
    352 capset_e
    362 dup2_e FD
    364 dup3_e FD
    366 dup_1_e FD
    368 bpf_2_e INT64
    370 mlock2_e
    372 fsconfig_e
    374 epoll_create_e INT32
    376 epoll_create1_e FLAGS32
    378 chown_e
    380 lchown_e
    382 fchown_e
    384 fchownat_e
    386 umount_1_e
    388 accept4_6_e INT32
    390 umount2_e FLAGS32
    392 pipe2_e
    394 inotify_init1_e
    396 eventfd2_e UINT64
    398 signalfd4_e FD UINT32
    400 prctl_e
    404 memfd_create_e
    406 pidfd_getfd_e
    408 pidfd_open_e
    410 init_module_e
    412 finit_module_e
    414 mknod_e
    416 mknodat_e
    418 newfstatat_e
    420 process_vm_readv_e
    422 process_vm_writev_e
    424 delete_module_e
    426 setreuid_e
    428 setregid_e
"""

# Codes that no writer has ever used.
_UNUSED: Final = """
    17 147 153 187 197 229 233 235 245 261 269 271 273 281 287 291 323 325 355 357 359 361 403 431 433 435 437
    439 441 443 445 447 449 450 452
"""


def _types(words: list[str]) -> Iterator[ValueType]:
    for word in words:
        name, _, count = word.partition("*")
        yield from [getattr(T, name)] * int(count or 1)


def _rows() -> Iterator[OldEvent]:
    for line in _ROWS.strip().splitlines():
        code, name, *words = line.split()
        yield OldEvent(int(code), name, tuple(_types(words)))


OLD_EVENTS: Final[tuple[OldEvent, ...]] = tuple(_rows())
UNUSED_CODES: Final[frozenset[int]] = frozenset(map(int, _UNUSED.split()))
