# SPDX-License-Identifier: Apache-2.0
"""Python reader of captures: sections, table entries and events, one per call."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from tiercel._core.api.capture_values cimport event_values
from tiercel._core.scap.errors cimport capture_error
from tiercel._core.scap.event_converter cimport (
    CONVERT_AGAIN,
    CONVERT_DROP,
    CONVERT_PASS,
    Converter,
    converter_convert,
    converter_free,
    converter_init,
    converter_next,
    converter_step,
    converter_stored,
)
from tiercel._core.scap.reader cimport (
    SCAP_AGAIN,
    SCAP_END,
    SCAP_ERROR,
    SCAP_EVENT,
    SCAP_FD,
    SCAP_GROUP,
    SCAP_INTERFACE,
    SCAP_MACHINE,
    SCAP_PARAMS_MAX,
    SCAP_SECTION,
    SCAP_THREAD,
    SCAP_USER,
    Scap,
    ScapEvent,
    ScapFd,
    ScapInterface,
    ScapMachine,
    ScapThread,
    scap_close,
    scap_next,
    scap_open,
)
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport EV_FD_IPV4, EV_FD_IPV4_SERVER, EV_FD_IPV6, EV_FD_IPV6_SERVER


cdef object text_of(Slice slice):
    return slice.ptr[:slice.len].decode("utf-8", "surrogateescape") if slice.len else ""


cdef tuple list_of(Slice slice):
    """Return NUL-terminated texts as a tuple."""
    return tuple(text_of(slice).removesuffix("\0").split("\0")) if slice.len else ()


cdef tuple event_of(const ScapEvent *event):
    cdef uint32_t i
    params = tuple([
        PyBytes_FromStringAndSize(<const char *>event.params[i].ptr, event.params[i].len)
        for i in range(event.nparams)
    ])
    return event.ts_ns, event.tid, event.type, event.cpu, event.flags, params


cdef dict machine_of(const ScapMachine *machine):
    return {
        "num_cpus": machine.num_cpus,
        "memory_size": machine.memory_size,
        "max_pid": machine.max_pid,
        "hostname": text_of(machine.hostname),
        "boot_ns": machine.boot_ns,
        "flags": machine.flags,
    }


cdef dict interface_of(const ScapInterface *interface):
    size = 16 if interface.is_ipv6 else 4
    return {
        "name": text_of(interface.name),
        "addr": interface.addr[:size],
        "netmask": interface.netmask[:size],
        "broadcast": interface.broadcast[:size],
        "link_speed": interface.link_speed,
    }


cdef dict thread_of(const ScapThread *thread):
    return {
        "tid": thread.tid,
        "pid": thread.pid,
        "ptid": thread.ptid,
        "sid": thread.sid,
        "vpgid": thread.vpgid,
        "pgid": thread.pgid,
        "vtid": thread.vtid,
        "vpid": thread.vpid,
        "comm": text_of(thread.comm),
        "exe": text_of(thread.exe),
        "exepath": text_of(thread.exepath),
        "args": list_of(thread.args),
        "cwd": text_of(thread.cwd),
        "env": list_of(thread.env),
        "cgroups": list_of(thread.cgroups),
        "root": text_of(thread.root),
        "fdlimit": thread.fdlimit,
        "flags": thread.flags,
        "uid": thread.uid,
        "gid": thread.gid,
        "loginuid": thread.loginuid,
        "tty": thread.tty,
        "vm_size_kb": thread.vm_size_kb,
        "vm_rss_kb": thread.vm_rss_kb,
        "vm_swap_kb": thread.vm_swap_kb,
        "pf_major": thread.pf_major,
        "pf_minor": thread.pf_minor,
        "pidns_start_ns": thread.pidns_start_ns,
        "cap_inheritable": thread.cap_inheritable,
        "cap_permitted": thread.cap_permitted,
        "cap_effective": thread.cap_effective,
        "exe_ino": thread.exe_ino,
        "exe_ctime_ns": thread.exe_ctime_ns,
        "exe_mtime_ns": thread.exe_mtime_ns,
        "exe_writable": bool(thread.exe_writable),
        "exe_upper_layer": bool(thread.exe_upper_layer),
        "exe_lower_layer": bool(thread.exe_lower_layer),
        "exe_from_memfd": bool(thread.exe_from_memfd),
    }


cdef dict fd_of(const ScapFd *fd):
    size = 0
    if fd.type == EV_FD_IPV4 or fd.type == EV_FD_IPV4_SERVER:
        size = 4
    elif fd.type == EV_FD_IPV6 or fd.type == EV_FD_IPV6_SERVER:
        size = 16
    return {
        "tid": fd.tid,
        "fd": fd.fd,
        "ino": fd.ino,
        "type": fd.type,
        "l4proto": fd.l4proto,
        "sip": fd.sip[:size],
        "dip": fd.dip[:size],
        "sport": fd.sport,
        "dport": fd.dport,
        "source": fd.source,
        "destination": fd.destination,
        "open_flags": fd.open_flags,
        "dev": fd.dev,
        "name": text_of(fd.name),
    }


@cython.final
cdef class ScapReader:
    cdef Scap *scap
    cdef Converter *converter
    cdef str name
    cdef bint convert

    def __cinit__(self, int fd, str name, *, bint convert=True):
        self.name = name
        self.convert = convert
        self.scap = <Scap *>calloc(1, sizeof(Scap))
        self.converter = <Converter *>calloc(1, sizeof(Converter))
        if self.scap is NULL or self.converter is NULL:
            raise MemoryError
        if converter_init(self.converter) < 0 or scap_open(self.scap, fd) < 0:
            raise MemoryError

    def __dealloc__(self):
        if self.converter is not NULL:
            converter_free(self.converter)
        if self.scap is not NULL:
            scap_close(self.scap)
        free(self.converter)
        free(self.scap)

    @property
    def offset(self):
        return self.scap.stream.offset

    def read(self):
        cdef int kind = SCAP_AGAIN
        cdef Scap *scap = self.scap
        while kind == SCAP_AGAIN:
            PyErr_CheckSignals()
            with nogil:
                kind = converter_next(self.converter, scap) if self.convert else scap_next(scap)
        if kind == SCAP_EVENT:
            return "event", event_of(&scap.event)
        if kind == SCAP_END:
            return None
        if kind == SCAP_ERROR:
            raise capture_error(&scap.error, self.name)
        return self.entry(kind)

    cdef tuple entry(self, int kind):
        cdef Scap *scap = self.scap
        if kind == SCAP_SECTION:
            return "section", None
        if kind == SCAP_MACHINE:
            return "machine", machine_of(&scap.machine)
        if kind == SCAP_INTERFACE:
            return "interface", interface_of(&scap.interface)
        if kind == SCAP_USER:
            user = {"uid": scap.user.uid, "gid": scap.user.gid, "name": text_of(scap.user.name)}
            return "user", user | {"home": text_of(scap.user.home), "shell": text_of(scap.user.shell)}
        if kind == SCAP_GROUP:
            return "group", {"gid": scap.group.gid, "name": text_of(scap.group.name)}
        if kind == SCAP_FD:
            return "fd", fd_of(&scap.fd)
        assert kind == SCAP_THREAD
        return "thread", thread_of(&scap.thread)

    def values(self):
        return event_values(&self.scap.event)

    def count(self):
        cdef int kind = SCAP_EVENT
        cdef Scap *scap = self.scap
        cdef uint64_t events = 0
        with nogil:
            while kind != SCAP_END and kind != SCAP_ERROR:
                kind = converter_next(self.converter, scap) if self.convert else scap_next(scap)
                events += kind == SCAP_EVENT
        if kind == SCAP_ERROR:
            raise capture_error(&scap.error, self.name)
        return events

    def stats(self):
        cdef Scap *scap = self.scap
        cdef Converter *conv = self.converter
        return {
            "events": scap.stats.events,
            "unknown_events": scap.stats.unknown_events,
            "blocks": scap.stats.blocks,
            "unknown_blocks": scap.stats.unknown_blocks,
            "sections": scap.stats.sections,
            "converted": conv.stats.converted,
            "stored": conv.stats.stored,
            "unused": conv.stats.unused,
            "missed": conv.stats.missed,
            "evicted": conv.stats.evicted,
        }


@cython.final
cdef class EventConverter:
    cdef Converter converter
    cdef ScapEvent event

    def __cinit__(self):
        if converter_init(&self.converter) < 0:
            raise MemoryError

    def __dealloc__(self):
        converter_free(&self.converter)

    cdef int run(self, event, bint fully):
        """Convert an event; the caller keeps `event`, which owns the bytes of the C event."""
        ts_ns, tid, code, cpu, flags, params = event
        if len(params) > SCAP_PARAMS_MAX:
            raise ValueError(f"{len(params)} params")
        self.event.ts_ns = ts_ns
        self.event.tid = tid
        self.event.type = code
        self.event.cpu = cpu
        self.event.flags = flags
        self.event.nparams = len(params)
        for i, param in enumerate(params):
            self.event.params[i].ptr = param
            self.event.params[i].len = len(param)
        if fully:
            return converter_convert(&self.converter, &self.event)
        return converter_step(&self.converter, &self.event)

    cdef object answer(self, int verdict):
        if verdict == CONVERT_DROP:
            return "drop", None
        if verdict == CONVERT_PASS or verdict == CONVERT_AGAIN:
            return "pass" if verdict == CONVERT_PASS else "again", event_of(&self.event)
        return "error", None

    def step(self, event):
        return self.answer(self.run(event, False))

    def convert(self, event):
        return self.answer(self.run(event, True))

    def stored(self, tid):
        return event_of(&self.event) if converter_stored(&self.converter, tid, &self.event) else None

    def stats(self):
        return self.converter.stats
