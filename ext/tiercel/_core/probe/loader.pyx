# SPDX-License-Identifier: Apache-2.0
"""Loader of the BPF object: programs, links, maps and global variables, through libbpf.

libbpf loads an object once. Further copies of the object load most programs: one copy per thread, and more copies for
programs that rules need later. All copies share the maps of the first one. A copy is closed after its programs are
loaded. A program array keeps the programs that only tail calls reach; the loader keeps descriptors of the others.
"""

import os
import threading

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EFBIG, EINTR, ENOENT, EPERM, errno
from libc.string cimport memset, strcmp
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap
from posix.unistd cimport close as close_fd, read

from tiercel._core.probe.bpf_object cimport BpfObject, Link, Memory
from tiercel._core.probe.libbpf cimport (
    BPF_MAP_TYPE_RINGBUF,
    BPF_TRACE_ITER,
    BTF_KIND_DATASEC,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPEDEF,
    bpf_iter_create,
    bpf_link_create,
    bpf_map__fd,
    bpf_map__initial_value,
    bpf_map__max_entries,
    bpf_map__set_max_entries,
    bpf_map__value_size,
    bpf_map_create,
    bpf_map_delete_elem,
    bpf_map_get_next_key,
    bpf_map_lookup_elem,
    bpf_map_update_elem,
    bpf_obj_get_info_by_fd,
    bpf_object__btf,
    bpf_object__find_map_by_name,
    bpf_prog_info,
    bpf_program__section_name,
    bpf_raw_tracepoint_open,
    btf,
    btf__find_by_name_kind,
    btf__free,
    btf__load_vmlinux_btf,
    btf__name_by_offset,
    btf__raw_data,
    btf__type_by_id,
    btf_part_new,
    btf_type,
    btf_var_secinfo,
    btf_var_secinfos,
    btf_vlen,
    libbpf_num_possible_cpus,
)
from tiercel._core.probe.program_loading cimport split_by_cost
from tiercel._core.util.alloc cimport memory_give_back
from tiercel._core.util.errno_table cimport kernel_error

cdef enum:
    ITERATION = 65536
    MAX_THREADS = 4


# Cache: whether the kernel has a tracepoint or iterator.
cdef dict TRACEPOINTS = {}


@cython.final
cdef class Loader:
    def __cinit__(self, image):
        self.links = {}
        self.memory = {}
        self.programs = {}
        self.filled = set()
        self.made = []
        self.image = image
        self.main = BpfObject(image)

    def __dealloc__(self):
        self.close()

    cdef load(self, object programs, dict sizes):
        """Load programs in parallel, and maps; `sizes` has the number of entries of some maps."""
        first = programs if len(os.sched_getaffinity(0)) == 1 else ()
        self.main = BpfObject(self.image, self.part_of_types())
        for name, entries in sizes.items():
            if bpf_map__set_max_entries(self.map(name), entries):
                raise kernel_error("map", errno, f"map {name} of {entries}", "failed to create")
        self.working += 1
        try:
            self.main.load(first)
        finally:
            self.working -= 1
        self.programs.update(self.main.dup_programs(first))
        self.loaded = True
        self.load_programs(programs)

    cdef load_programs(self, object names):
        """Load the missing programs in parallel, from further copies of the object that share the maps of the first.

        The verifier runs on the CPU that loads a program, and takes nearly all of the time.
        """
        missing = sorted({name for name in names if name not in self.programs and name not in self.filled})
        if not missing:
            return
        failures = []
        threads = [
            threading.Thread(target=self.load_batch, args=(batch, failures), name="tiercel-load")
            for batch in split_by_cost(missing, min(len(os.sched_getaffinity(0)), MAX_THREADS))
        ]
        self.working += 1
        for thread in threads[1:]:
            thread.start()
        threads[0].run()
        for thread in threads[1:]:
            thread.join()
        self.working -= 1
        memory_give_back()  # libbpf needed some 10 MB for kernel types in each thread
        if failures:
            raise failures[0]

    def load_batch(self, list names, list failures):
        """Load programs from another copy."""
        try:
            copy = BpfObject(self.image, self.types_path)
            copy.share_maps(self.main)
            copy.load(frozenset(names))
            self.programs.update(copy.dup_programs(names))
            copy.close()
        except BaseException as failure:
            failures.append(failure)

    cdef load_more(self, dict slots):
        """Load programs and add them to program arrays: {program name: (array name, index)}."""
        self.load_programs(slots)
        for name in slots.keys() - self.filled:
            array, index = slots[name]
            self.fill(name, array, index)

    cdef fill(self, str name, str array, uint32_t index):
        """Add a program to a program array, which keeps it loaded, and close its descriptor."""
        cdef int fd = self.programs[name]
        self.map_set("load", array, &index, &fd)
        self.filled.add(name)
        close_fd(self.programs.pop(name))

    cdef set attachable(self, object programs):
        """Return the named programs with a tracepoint or iterator in this kernel; older kernels lack some."""
        cdef dict points = {name: bpf_program__section_name(self.main.program(name)) for name in programs}
        for point in points.values() - TRACEPOINTS.keys():
            kind, _, hook = point.partition(b"/")
            sign = (b"bpf_iter__", BTF_KIND_STRUCT) if kind == b"iter" else (b"btf_trace_", BTF_KIND_TYPEDEF)
            TRACEPOINTS[point] = btf__find_by_name_kind(self.kernel_types(), sign[0] + hook, sign[1]) > 0
        return {name for name, point in points.items() if TRACEPOINTS[point]}

    cdef btf *kernel_types(self) except NULL:
        """Return the type information of the kernel, which is kept until the object is loaded."""
        if self.types is NULL:
            self.types = btf__load_vmlinux_btf()
        if self.types is NULL:
            raise kernel_error("btf", errno, "/sys/kernel/btf/vmlinux")
        return self.types

    cdef bytes part_of_types(self):
        """Return the path of a memory file with the kernel types that the object uses.

        Return None without /proc, or if the file size limit (RLIMIT_FSIZE) is too small: libbpf then reads all types.
        """
        cdef btf *part = btf_part_new(self.kernel_types(), bpf_object__btf(self.main.object))
        cdef const void *data = NULL
        cdef uint32_t size = 0
        btf__free(self.types)
        self.types = NULL
        if part is NULL:
            raise MemoryError
        data = btf__raw_data(part, &size)
        try:
            fd = os.memfd_create("tiercel-types")
            self.made.append(fd)
            written = os.write(fd, (<const char *>data)[:size])
        except OSError as error:
            if error.errno != EFBIG:
                raise
            written = 0
        finally:
            btf__free(part)
        if written < size:
            return None
        path = f"/proc/self/fd/{fd}"
        self.types_path = path.encode() if os.path.exists(path) else None
        return self.types_path

    cdef bint is_attached(self, str name):
        return name in self.links

    cdef bpf_map *map(self, str name) except NULL:
        cdef bpf_map *found = bpf_object__find_map_by_name(self.main.object, name.encode())
        if found is NULL:
            raise kernel_error("schema", 0, f"there is no map {name}")
        return found

    cdef attach(self, str name):
        """Load a program if necessary, and attach it. Do nothing if it is attached."""
        cdef Link link = Link()
        if name in self.links:
            return
        self.load_programs((name,))
        link.fd = bpf_raw_tracepoint_open(NULL, self.programs[name])
        if link.fd < 0:
            raise kernel_error("attach", -link.fd, name)
        self.links[name] = link

    cdef detach(self, str name):
        """Detach a program. Do nothing if it is not attached."""
        cdef Link link = self.links.pop(name, None)
        if link is not None:
            link.destroy()

    cdef bytes iterate(self, str name):
        """Run an iterator program once and return its output."""
        cdef Link link = Link()
        cdef bytearray written = bytearray()
        cdef char piece[ITERATION]
        cdef Py_ssize_t got
        cdef int fd
        link.fd = bpf_link_create(self.programs[name], 0, BPF_TRACE_ITER, NULL)
        if link.fd < 0:
            raise kernel_error("iterate", -link.fd, name)
        fd = bpf_iter_create(link.fd)
        if fd < 0:
            raise kernel_error("iterate", -fd, name)
        try:
            while True:
                got = read(fd, piece, sizeof(piece))
                if got > 0:
                    written += piece[:got]
                elif got == 0:
                    return bytes(written)
                elif errno not in (EINTR, EAGAIN):
                    raise kernel_error("iterate", errno, name)
        finally:
            close_fd(fd)

    cdef dict run_stats(self):
        """Return {name of an attached program: (runs, nanoseconds)}; zeros unless the kernel counts them."""
        cdef bpf_prog_info info
        cdef uint32_t size
        cdef int err
        cdef dict found = {}
        for name in self.links:
            size = sizeof(info)
            memset(&info, 0, sizeof(info))
            err = bpf_obj_get_info_by_fd(self.programs[name], &info, &size)
            if err:
                raise kernel_error("map", -err, f"program {name}", "failed to read")
            found[name] = (info.run_cnt, info.run_time_ns)
        return found

    cdef int map_fd(self, str name) except -1:
        cdef int fd = bpf_map__fd(self.map(name))
        if fd < 0:
            raise kernel_error("map", EPERM, f"map {name} is not loaded")
        return fd

    cdef int ring_new(self, uint32_t size) except -1:
        """Create a ring buffer and return its descriptor, which the loader owns."""
        cdef int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, b"ring", 0, 0, size, NULL)
        if fd < 0:
            raise kernel_error("map", -fd, f"ring of {size} bytes", "failed to create")
        self.made.append(fd)
        return fd

    cdef map_set(self, str stage, str name, const void *key, const void *value):
        cdef int err = bpf_map_update_elem(self.map_fd(name), key, value, 0)
        if err:
            raise kernel_error(stage, -err, f"map {name}")

    cdef map_unset(self, str name, const void *key):
        """Remove a key, if it exists."""
        cdef int err = bpf_map_delete_elem(self.map_fd(name), key)
        if err and err != -ENOENT:
            raise kernel_error("map", -err, f"map {name}")

    cdef list map_items(self, str name, size_t key_size, size_t value_size):
        """Return (key, value) of each entry, as bytes.  Concurrent changes may hide or repeat an entry."""
        cdef int fd = self.map_fd(name)
        cdef bytes key, value
        cdef bytes before = None
        cdef list items = []
        for _ in range(bpf_map__max_entries(self.map(name))):
            key = PyBytes_FromStringAndSize(NULL, key_size)
            value = PyBytes_FromStringAndSize(NULL, value_size)
            if bpf_map_get_next_key(fd, NULL if before is None else <char *>before, <char *>key):
                break
            if bpf_map_lookup_elem(fd, <char *>key, <char *>value) == 0:
                items.append((key, value))
            before = key
        return items

    cdef bytes map_get(self, str name, const void *key, size_t size):
        """Return the value of a key of a per-CPU map: `size` bytes for each possible CPU."""
        cdef int cpus = libbpf_num_possible_cpus()
        cdef size_t padded = (size + 7) & ~(<size_t>7)
        cdef bytes values
        cdef int err
        if bpf_map__value_size(self.map(name)) != size:
            raise kernel_error("schema", 0, f"map {name} has values of another size")
        values = PyBytes_FromStringAndSize(NULL, cpus * padded)
        err = bpf_map_lookup_elem(self.map_fd(name), key, <char *>values)
        if err:
            raise kernel_error("map", -err, f"map {name}")
        return values

    cdef size_t offset_of(self, bytes section, str name, size_t size) except? 0:
        """Return the offset of a global variable in its section, from the object's type information."""
        cdef btf *types = bpf_object__btf(self.main.object)
        cdef bytes wanted = name.encode()
        cdef const btf_type *sec
        cdef btf_var_secinfo *var
        cdef int number, i
        if types is not NULL:
            number = btf__find_by_name_kind(types, section, BTF_KIND_DATASEC)
            if number > 0:
                sec = btf__type_by_id(types, number)
                var = btf_var_secinfos(sec)
                for i in range(btf_vlen(sec)):
                    if not strcmp(btf__name_by_offset(types, btf__type_by_id(types, var[i].type).name_off), wanted):
                        if var[i].size != size:
                            raise kernel_error("schema", 0, f"{name} has another size")
                        return var[i].offset
        raise kernel_error("schema", 0, f"there is no variable {name}")

    cdef void *constant(self, str name, size_t size) except NULL:
        """Return the address of a .rodata variable, which is writable before load."""
        cdef size_t offset = self.offset_of(b".rodata", name, size)
        cdef size_t length
        cdef void *start = bpf_map__initial_value(self.map(".rodata"), &length)
        if start is NULL or offset + size > length:
            raise kernel_error("schema", 0, f"there is no variable {name}")
        return <char *>start + offset

    cdef void *variable(self, str name, size_t size) except NULL:
        """Return the address of a .data variable of the loaded object, in memory shared with the programs."""
        cdef size_t offset = self.offset_of(b".data", name, size)
        cdef Memory memory = self.memory.get(".data")
        cdef void *start
        if memory is None:
            memory = Memory()
            memory.length = bpf_map__value_size(self.map(".data"))
            start = mmap(NULL, memory.length, PROT_READ | PROT_WRITE, MAP_SHARED, self.map_fd(".data"), 0)
            if start == MAP_FAILED:
                raise kernel_error("map", errno, "mapping the probe's variables")
            memory.start = start
            self.memory[".data"] = memory
        return <char *>memory.start + offset

    cdef close(self):
        """Detach all programs and release all kernel resources."""
        cdef Link link
        cdef Memory memory
        for link in self.links.values():
            link.destroy()
        for memory in self.memory.values():
            memory.unmap()
        for fd in (*self.made, *self.programs.values()):
            close_fd(fd)
        self.links.clear()
        self.memory.clear()
        self.made.clear()
        self.programs.clear()
        if self.main is not None:  # the object could not be opened
            self.main.close()
        btf__free(self.types)
        self.types = NULL
        self.loaded = False

    cdef after_fork_child(self):
        """Close the inherited descriptors. The parent's descriptors keep its programs attached.

        If another thread was inside libbpf during the fork, the object may be inconsistent. Its memory and descriptors
        then stay until the child exits.
        """
        if self.working:
            self.main.object = NULL
        self.close()
