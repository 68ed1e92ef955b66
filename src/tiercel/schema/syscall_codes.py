# SPDX-License-Identifier: Apache-2.0
"""Every system call with the number that Falco gives it on all architectures, and with its native numbers.

The generic event carries Falco's number, so ``evt.type`` is its name here.
"""

from __future__ import annotations

from typing import Final

from tiercel.frozen import frozen

__all__ = ["SYSCALLS", "SyscallCode"]


@frozen
class SyscallCode:
    """One system call or tracepoint.

    Attributes:
        code: Falco's number.
        name: Falco's name, which is that of most architectures.
        x86_64: its number for 64-bit programs, or None.
        ia32: its numbers for 32-bit programs: some calls have several, for wider types.
    """

    code: int
    name: str
    x86_64: int | None
    ia32: tuple[int, ...]


# By Falco's number, from 0: name, number for 64-bit programs, numbers for 32-bit programs.  A number is not in use.
_ROWS: Final = """
    unknown/-/- restart_syscall/219/0 exit/60/1 read/0/3 write/1/4 open/2/5 close/3/6 creat/85/8 link/86/9
    unlink/87/10 chdir/80/12 time/201/13 mknod/133/14 chmod/90/15 stat/4/106 lseek/8/19 getpid/39/20
    mount/165/21 ptrace/101/26 alarm/37/27 fstat/5/108 pause/34/29 utime/132/30 access/21/33 sync/162/36
    kill/62/37 rename/82/38 mkdir/83/39 rmdir/84/40 dup/32/41 pipe/22/42 times/100/43 brk/12/45 acct/163/51
    ioctl/16/54 fcntl/72/55 setpgid/109/57 umask/95/60 chroot/161/61 ustat/136/62 dup2/33/63 getppid/110/64
    getpgrp/111/65 setsid/112/66 sethostname/170/74 setrlimit/160/75 getrusage/98/77 gettimeofday/96/78
    settimeofday/164/79 symlink/88/83 lstat/6/107 readlink/89/85 uselib/-/86 swapon/167/87 reboot/169/88
    mmap/9/90 munmap/11/91 truncate/76/92,193 ftruncate/77/93,194 fchmod/91/94 getpriority/140/96
    setpriority/141/97 statfs/137/99 fstatfs/138/100 syslog/103/103 setitimer/38/104 getitimer/36/105
    uname/63/122 vhangup/153/111 wait4/61/114 swapoff/168/115 sysinfo/99/116 fsync/74/118 setdomainname/171/121
    adjtimex/159/124 mprotect/10/125 init_module/175/128 delete_module/176/129 quotactl/179/131 getpgid/121/132
    fchdir/81/133 sysfs/139/135 personality/135/136 getdents/78/141 select/23/82 flock/73/143 msync/26/144
    readv/19/145 writev/20/146 getsid/124/147 fdatasync/75/148 mlock/149/150 munlock/150/151 mlockall/151/152
    munlockall/152/153 sched_setparam/142/154 sched_getparam/143/155 sched_setscheduler/144/156
    sched_getscheduler/145/157 sched_yield/24/158 sched_get_priority_max/146/159 sched_get_priority_min/147/160
    sched_rr_get_interval/148/161,423 nanosleep/35/162 mremap/25/163 poll/7/168 prctl/157/172
    rt_sigaction/13/174 rt_sigprocmask/14/175 rt_sigpending/127/176 rt_sigtimedwait/128/177,421
    rt_sigqueueinfo/129/178 rt_sigsuspend/130/179 getcwd/79/183 capget/125/184 capset/126/185 sendfile/40/187
    getrlimit/97/76 lchown/94/16,198 getuid/102/24 getgid/104/47 geteuid/107/49 getegid/108/50
    setreuid/113/70,203 setregid/114/71,204 getgroups/115/80,205 setgroups/116/81,206 fchown/93/95,207
    setresuid/117/164 getresuid/118/165 setresgid/119/170 getresgid/120/171 chown/92/182,212 setuid/105/23
    setgid/106/46 setfsuid/122/138,215 setfsgid/123/139,216 pivot_root/155/217 mincore/27/218 madvise/28/219
    gettid/186/224 setxattr/188/226 lsetxattr/189/227 fsetxattr/190/228 getxattr/191/229 lgetxattr/192/230
    fgetxattr/193/231 listxattr/194/232 llistxattr/195/233 flistxattr/196/234 removexattr/197/235
    lremovexattr/198/236 fremovexattr/199/237 tkill/200/238 futex/202/240,422 sched_setaffinity/203/241
    sched_getaffinity/204/242 set_thread_area/205/243 get_thread_area/211/244 io_setup/206/245
    io_destroy/207/246 io_getevents/208/247 io_submit/209/248 io_cancel/210/249 exit_group/231/252
    epoll_create/213/254 epoll_ctl/233/255 epoll_wait/232/256 remap_file_pages/216/257 set_tid_address/218/258
    timer_create/222/259 timer_settime/223/260,409 timer_gettime/224/261,408 timer_getoverrun/225/262
    timer_delete/226/263 clock_settime/227/264,404 clock_gettime/228/265,403 clock_getres/229/266,406
    clock_nanosleep/230/267,407 tgkill/234/270 utimes/235/271 mq_open/240/277 mq_unlink/241/278
    mq_timedsend/242/279,418 mq_timedreceive/243/280,419 mq_notify/244/281 mq_getsetattr/245/282
    kexec_load/246/283 waitid/247/284 add_key/248/286 request_key/249/287 keyctl/250/288 ioprio_set/251/289
    ioprio_get/252/290 inotify_init/253/291 inotify_add_watch/254/292 inotify_rm_watch/255/293 openat/257/295
    mkdirat/258/296 mknodat/259/297 fchownat/260/298 futimesat/261/299 unlinkat/263/301 renameat/264/302
    linkat/265/303 symlinkat/266/304 readlinkat/267/305 fchmodat/268/306 faccessat/269/307 pselect6/270/308,413
    ppoll/271/309,414 unshare/272/310 set_robust_list/273/311 get_robust_list/274/312 splice/275/313 tee/276/315
    vmsplice/278/316 getcpu/309/318 epoll_pwait/281/319 utimensat/280/320,412 signalfd/282/321
    timerfd_create/283/322 eventfd/284/323 timerfd_settime/286/325,411 timerfd_gettime/287/326,410
    signalfd4/289/327 eventfd2/290/328 epoll_create1/291/329 dup3/292/330 pipe2/293/331 inotify_init1/294/332
    preadv/295/333 pwritev/296/334 rt_tgsigqueueinfo/297/335 perf_event_open/298/336 fanotify_init/300/338
    prlimit64/302/340 clock_adjtime/305/343,405 syncfs/306/344 setns/308/346 getdents64/217/220 socket/41/359
    bind/49/361 connect/42/362 listen/50/363 accept/43/- getsockname/51/367 getpeername/52/368 socketpair/53/360
    sendto/44/369 recvfrom/45/371 shutdown/48/373 setsockopt/54/366 getsockopt/55/365 sendmsg/46/370
    sendmmsg/307/345 recvmsg/47/372 recvmmsg/299/337,417 accept4/288/364 semop/65/- semget/64/393 semctl/66/394
    msgsnd/69/400 msgrcv/70/401 msgget/68/399 msgctl/71/402 shmdt/67/398 shmget/29/395 shmctl/31/396
    statfs64/-/268 fstatfs64/-/269 fstatat64/-/300 sendfile64/-/239 ugetrlimit/-/191 bdflush/-/134
    sigprocmask/-/126 ipc/-/117 socketcall/-/102 stat64/-/195 lstat64/-/196 fstat64/-/197 fcntl64/-/221
    mmap2/-/192 _newselect/-/142 sgetmask/-/68 ssetmask/-/69 sigpending/-/73 olduname/-/109 umount/-/22
    signal/-/48 nice/-/34 stime/-/25 _llseek/-/140 waitpid/-/7 pread64/17/180 pwrite64/18/181 arch_prctl/158/384
    shmat/30/397 rt_sigreturn/15/173 fallocate/285/324 newfstatat/262/- process_vm_readv/310/347
    process_vm_writev/311/348 fork/57/2 vfork/58/190 setuid32/-/213 getuid32/-/199 setgid32/-/214
    geteuid32/-/201 getgid32/-/200 setresuid32/-/208 setresgid32/-/210 getresuid32/-/209 getresgid32/-/211
    finit_module/313/350 bpf/321/357 seccomp/317/354 sigaltstack/131/186 getrandom/318/355 fadvise64/221/250
    renameat2/316/353 userfaultfd/323/374 openat2/437/437 umount2/166/52 execve/59/11 execveat/322/358
    copy_file_range/326/377 clone/56/120 clone3/435/435 open_by_handle_at/304/342 io_uring_setup/425/425
    io_uring_enter/426/426 io_uring_register/427/427 mlock2/325/376 getegid32/-/202 fsconfig/431/431
    fspick/433/433 fsmount/432/432 fsopen/430/430 open_tree/428/428 move_mount/429/429 mount_setattr/442/442
    memfd_create/319/356 memfd_secret/447/447 ioperm/173/101 kexec_file_load/320/- pidfd_getfd/438/438
    pidfd_open/434/434 pidfd_send_signal/424/424 pkey_alloc/330/381 pkey_mprotect/329/380 pkey_free/331/382
    landlock_create_ruleset/444/444 quotactl_fd/443/443 landlock_restrict_self/446/446 landlock_add_rule/445/445
    epoll_pwait2/441/441 migrate_pages/256/294 move_pages/279/317 preadv2/327/378 pwritev2/328/379 kcmp/312/349
    sched_setattr/314/351 mbind/237/274 epoll_ctl_old/214/- lookup_dcookie/212/253 modify_ldt/154/123
    statx/332/383 set_mempolicy/238/276 io_pgetevents/333/385,416 set_mempolicy_home_node/450/450
    semtimedop/220/420 get_kernel_syms/-/130 readahead/187/225 futex_waitv/449/449 getpmsg/-/188
    name_to_handle_at/303/341 process_mrelease/448/448 nfsservctl/-/169 epoll_wait_old/215/- rseq/334/386
    create_module/-/127 - sched_getattr/315/352 faccessat2/439/439 _sysctl/-/149 query_module/-/167
    get_mempolicy/239/275 sync_file_range/277/314 process_madvise/440/440 membarrier/324/375 iopl/172/110
    close_range/436/436 fanotify_mark/301/339 recv/-/- send/-/- sched_process_exit/-/- sched_switch/-/-
    page_fault_user/-/- page_fault_kernel/-/- signal_deliver/-/- timerfd/-/- s390_pci_mmio_read/-/-
    sigaction/-/67 s390_pci_mmio_write/-/- readdir/-/89 s390_sthyi/-/- sigsuspend/-/72 idle/-/112
    s390_runtime_instr/-/- sigreturn/-/119 s390_guarded_storage/-/- cachestat/451/451 fchmodat2/452/452
    map_shadow_stack/453/453 riscv_flush_icache/-/- riscv_hwprobe/-/- futex_wake/454/454 futex_requeue/456/456
    futex_wait/455/455 oldstat/-/18 switch_endian/-/- multiplexer/-/- oldlstat/-/84 spu_create/-/-
    sync_file_range2/-/- oldfstat/-/28 spu_run/-/- swapcontext/-/- pciconfig_write/-/- rtas/-/-
    pciconfig_read/-/- sys_debug_setcontext/-/- vm86/-/166 oldolduname/-/59 subpage_prot/-/-
    pciconfig_iobase/-/- listmount/458/458 statmount/457/457 lsm_get_self_attr/459/459 lsm_set_self_attr/460/460
    lsm_list_modules/461/461 mseal/462/462 uretprobe/335/- removexattrat/466/- listxattrat/465/-
    getxattrat/464/- setxattrat/463/- open_tree_attr/467/- file_getattr/468/- file_setattr/469/- listns/470/-
    uprobe/336/- rseq_slice_yield/471/-
"""


def _rows() -> tuple[SyscallCode, ...]:
    rows = []
    for code, word in enumerate(_ROWS.split()):
        if word != "-":
            name, wide, narrow = word.split("/")
            numbers = () if narrow == "-" else tuple(map(int, narrow.split(",")))
            rows.append(SyscallCode(code, name, None if wide == "-" else int(wide), numbers))
    return tuple(rows)


SYSCALLS: Final = _rows()
