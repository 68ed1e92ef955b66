# SPDX-License-Identifier: Apache-2.0
"""Every param name that a rule may use, whether or not an event of this version has the param.

Some param names have different types in different events of Falco.  ``evt.rawarg`` gets its type when the rule is read,
from the first event of Falco's table that has a param of the name; this table has these types.  A name that Falco lacks
has the type of the first of our own events.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tiercel.schema.events import EVENTS
from tiercel.schema.types import T

__all__ = ["PARAM_TYPES"]

_NAMES_BY_TYPE: Final = {
    T.ABSTIME: """
    exe_ino_ctime exe_ino_mtime start_time
    """,
    T.BYTEBUF: """
    args cgroups data env img msgcontrol value_bytebuf
    """,
    T.CHARBUF: """
    arg2_str comm container_id cwd desc description exe home image json quotafilepath scope shell
    special target uargs value_charbuf
    """,
    T.CHARBUFARRAY: """
    argv tags
    """,
    T.DYN: """
    arg2 arg3 arg4 arg5 res_or_fd val
    """,
    T.ENUMFLAGS16: """
    opcode
    """,
    T.ENUMFLAGS32: """
    domain option
    """,
    T.ENUMFLAGS8: """
    cmd how level optname resource whence
    """,
    T.ERRNO: """
    maxevents res ret status
    """,
    T.FD: """
    dirfd fd fd1 fd2 fd_in fd_out fdin fdout in_fd linkdirfd mountfd newdir newdirfd newfd olddir
    olddirfd oldfd out_fd pid_fd target_fd
    """,
    T.FDLIST: """
    fds
    """,
    T.FLAGS16: """
    creat_flags op sem_flg_0 sem_flg_1
    """,
    T.FLAGS32: """
    error features flags nstype operation prot resolve semflg
    """,
    T.FLAGS8: """
    dqi_flags fd_type quota_fmt quota_fmt_out
    """,
    T.FSPATH: """
    dir exepath filename linkpath name newpath oldpath path root sun_path trusted_exepath
    """,
    T.FSRELPATH: """
    pathname
    """,
    T.GID: """
    egid rgid sgid
    """,
    T.INT16: """
    sem_op_0 sem_op_1
    """,
    T.INT32: """
    aux backlog key nsems semid semnum tty
    """,
    T.INT64: """
    arg2_int cur max newcur newmax oldcur oldmax timeout
    """,
    T.IPV4ADDR: """
    local_ip remote_ip
    """,
    T.PID: """
    dpid next pgid pid ptid reaper_tid spid tid vpgid vpid vtid
    """,
    T.PID32: """
    ppid sid vtgid
    """,
    T.PORT: """
    local_port remote_port
    """,
    T.RELTIME: """
    dqb_btime dqb_itime dqi_bgrace dqi_igrace interval
    """,
    T.SIGSET: """
    sigmask
    """,
    T.SIGTYPE: """
    sig
    """,
    T.SOCKADDR: """
    addr
    """,
    T.SOCKTUPLE: """
    tuple
    """,
    T.SYSCALLID: """
    ID
    """,
    T.UID: """
    euid loginuid ruid suid
    """,
    T.UINT16: """
    nativeID sem_num_0 sem_num_1 sk_proto sk_type
    """,
    T.UINT32: """
    action cpu cq_entries dev entries event_type first gid id last mask min_complete mnt_id mode
    nr_args nsops optlen plugin_id proto queuelen queuemax ratio size sq_entries sq_thread_cpu
    sq_thread_idle to_submit type uid vm_rss vm_size vm_swap
    """,
    T.UINT64: """
    arg argument cap_effective cap_inheritable cap_permitted cpu_sys cpu_usr dqb_bhardlimit
    dqb_bsoftlimit dqb_curspace dqb_ihardlimit dqb_isoftlimit event_data exe_ino exe_ino_num fdlimit
    initval ino ino_num ip len length offin offout offset peer pgft_maj pgft_min pgoffset
    pidns_init_start_ts pos request sk_pointer source
    """,
    T.UINT8: """
    clockid core queuepct
    """,
}

_OWN: Final = {param.name: param.type for event in reversed(EVENTS) if event.is_own for param in event.params}

PARAM_TYPES: Final = MappingProxyType(
    _OWN | {name: vtype for vtype, names in _NAMES_BY_TYPE.items() for name in names.split()}
)
"""Param name to value type."""
