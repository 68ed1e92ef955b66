# SPDX-License-Identifier: Apache-2.0
"""One BPF object in the kernel: the only module that calls libbpf.

Programs that are wanted later are loaded from a second copy of the object that shares the maps of the first. Such
programs are only ever reached by tail calls; once they stand in a program array, their copy and its descriptors can
go.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EINTR, ENOENT, EPERM, errno
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset, strcmp
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap, munmap
from posix.unistd cimport close as close_fd
from posix.unistd cimport read

from tiercel._core.errnos cimport kernel_error
from tiercel._core.libbpf cimport (
    BPF_MAP_TYPE_RINGBUF,
    BTF_KIND_DATASEC,
    BTF_KIND_TYPEDEF,
    bpf_iter_create,
    bpf_link__destroy,
    bpf_link__fd,
    bpf_map__fd,
    bpf_map__initial_value,
    bpf_map__max_entries,
    bpf_map__reuse_fd,
    bpf_map__set_max_entries,
    bpf_map__value_size,
    bpf_map_create,
    bpf_map_delete_elem,
    bpf_map_get_next_key,
    bpf_map_lookup_elem,
    bpf_map_update_elem,
    bpf_object__btf,
    bpf_object__close,
    bpf_object__find_map_by_name,
    bpf_object__find_program_by_name,
    bpf_object__load,
    bpf_object__next_map,
    bpf_object__next_program,
    bpf_object__open_mem,
    bpf_object_open_opts,
    bpf_program__attach,
    bpf_program__attach_iter,
    bpf_program__fd,
    bpf_program__name,
    bpf_program__section_name,
    bpf_program__set_autoload,
    bpf_program__unload,
    btf,
    btf__find_by_name_kind,
    btf__free,
    btf__load_vmlinux_btf,
    btf__name_by_offset,
    btf__type_by_id,
    btf_type,
    btf_var_secinfo,
    btf_var_secinfos,
    btf_vlen,
    libbpf_log_begin,
    libbpf_log_end,
    libbpf_num_possible_cpus,
    libbpf_strerror,
)

cdef extern from *:
    """
    #include <malloc.h>

    /* Give back what was freed: glibc keeps it for the next allocations, which will be smaller. */
    static inline void memory_give_back(void)
    {
    #ifdef __GLIBC__
        malloc_trim(0);
    #endif
    }
    """
    void memory_give_back() noexcept nogil

cdef enum:
    LIBBPF_ERRNO = 4000     # libbpf's own error numbers start here
    ITERATION = 65536


# Which tracepoints the kernel has, as far as somebody has asked.
cdef dict TRACEPOINTS = {}


cdef str error_text(int err):
    """libbpf's words for one of its own error numbers; empty for an errno, which has a text already."""
    cdef char text[256]
    if err < LIBBPF_ERRNO:
        return ""
    libbpf_strerror(err, text, sizeof(text))
    return text.decode("utf-8", "replace")


@cython.final
cdef class Link:
    def __dealloc__(self):
        self.destroy()

    cdef destroy(self):
        if self.link is not NULL:
            bpf_link__destroy(self.link)
            self.link = NULL


@cython.final
cdef class Memory:
    def __dealloc__(self):
        self.unmap()

    cdef unmap(self):
        if self.start is not NULL:
            munmap(self.start, self.length)
            self.start = NULL


@cython.final
cdef class Loader:
    def __cinit__(self, bytes image):
        self.links = {}
        self.memory = {}
        self.filled = set()
        self.made = []
        self.image = image
        self.log = <libbpf_log *>calloc(1, sizeof(libbpf_log))
        if self.log is NULL:
            raise MemoryError
        self.object = self.open_image()

    def __dealloc__(self):
        if self.object is not NULL:
            self.close()
        free(self.log)

    cdef object failure(self, str stage, int err, str what):
        """The exception for a failed call, with what libbpf said since libbpf_log_begin."""
        said = self.log.text[:self.log.used].decode("utf-8", "replace").rstrip("\0\n")
        own = error_text(err)
        return kernel_error(stage, 0 if own else err, f"{what}: {own}" if own else what, said)

    cdef bpf_object *open_image(self) except NULL:
        cdef bpf_object_open_opts options
        cdef bpf_object *opened
        cdef const uint8_t *start = self.image
        cdef int err
        memset(&options, 0, sizeof(options))
        options.sz = sizeof(options)
        options.object_name = b"tiercel"
        libbpf_log_begin(self.log)
        opened = bpf_object__open_mem(start, len(self.image), &options)
        err = errno
        libbpf_log_end()
        if opened is NULL:
            raise self.failure("open", err, "probe.bpf.o")
        return opened

    cdef load_object(self, bpf_object *obj, object programs):
        """Load `obj` with just the named programs."""
        cdef bpf_program *prog = bpf_object__next_program(obj, NULL)
        cdef int err
        while prog is not NULL:
            bpf_program__set_autoload(prog, bpf_program__name(prog).decode() in programs)
            prog = bpf_object__next_program(obj, prog)
        self.working = True
        with nogil:
            libbpf_log_begin(self.log)
            err = bpf_object__load(obj)
            libbpf_log_end()
        self.working = False
        if err:
            raise self.failure("load", -err, "probe.bpf.o")

    cdef load(self, object programs, dict sizes):
        """Load the object: the named programs, and maps with as many entries as `sizes` says."""
        for name, entries in sizes.items():
            if bpf_map__set_max_entries(self.map(name), entries):
                raise kernel_error("map", errno, f"map {name} of {entries}", "failed to create")
        self.load_object(self.object, programs)
        memory_give_back()  # libbpf has had the types of the whole kernel in memory, some 10 MB
        self.loaded = True

    cdef load_more(self, dict slots):
        """Load programs and enter them into program arrays: {program name: (array name, index)}.

        Those that were loaded come from the object itself, the others from a second copy of it.
        """
        cdef bpf_object *more
        missing = {name for name in slots.keys() - self.filled if bpf_program__fd(self.program(name)) < 0}
        self.fill(self.object, {name: slots[name] for name in slots.keys() - self.filled - missing})
        if not missing:
            return
        more = self.open_copy()
        try:
            self.load_object(more, missing)
            self.fill(more, {name: slots[name] for name in missing})
        finally:
            bpf_object__close(more)

    cdef bpf_object *open_copy(self) except NULL:
        """A second copy of the object, which shares its maps."""
        cdef bpf_object *copy = self.open_image()
        cdef bpf_map *theirs = bpf_object__next_map(copy, NULL)
        cdef bpf_map *ours = bpf_object__next_map(self.object, NULL)
        while theirs is not NULL and ours is not NULL:
            if bpf_map__reuse_fd(theirs, bpf_map__fd(ours)):
                bpf_object__close(copy)
                raise kernel_error("map", errno, "sharing the maps")
            theirs = bpf_object__next_map(copy, theirs)
            ours = bpf_object__next_map(self.object, ours)
        return copy

    cdef fill(self, bpf_object *obj, dict slots):
        """Enter programs of `obj` into program arrays, which keep them; their descriptors are closed."""
        cdef bpf_program *prog
        cdef uint32_t index
        cdef int fd
        for name, (array, place) in slots.items():
            prog = bpf_object__find_program_by_name(obj, name.encode())
            fd = bpf_program__fd(prog)
            index = place
            self.map_set("load", array, &index, &fd)
            bpf_program__unload(prog)
            self.filled.add(name)

    cdef set attachable(self, object programs):
        """Those of the named programs whose tracepoints this kernel has; older ones lack some."""
        cdef dict points = {name: bpf_program__section_name(self.program(name)).partition(b"/")[2] for name in programs}
        cdef btf *types
        unknown = set(points.values()) - TRACEPOINTS.keys()
        if unknown:
            types = btf__load_vmlinux_btf()
            for point in unknown:
                TRACEPOINTS[point] = btf__find_by_name_kind(types, b"btf_trace_" + point, BTF_KIND_TYPEDEF) > 0
            btf__free(types)
        return {name for name, point in points.items() if TRACEPOINTS[point]}

    cdef bint is_attached(self, str name):
        return name in self.links

    cdef bpf_program *program(self, str name) except NULL:
        cdef bpf_program *found = bpf_object__find_program_by_name(self.object, name.encode())
        if found is NULL:
            raise kernel_error("schema", 0, f"there is no program {name}")
        return found

    cdef bpf_map *map(self, str name) except NULL:
        cdef bpf_map *found = bpf_object__find_map_by_name(self.object, name.encode())
        if found is NULL:
            raise kernel_error("schema", 0, f"there is no map {name}")
        return found

    cdef attach(self, str name):
        """Attach a program, which is loaded if it has not been; nothing happens if it is attached."""
        cdef bpf_program *prog = self.program(name)
        if name in self.links:
            return
        if bpf_program__fd(prog) < 0:
            self.attach_late(name)
        else:
            self.attach_program(prog, name)

    cdef attach_late(self, str name):
        """Load a program from a copy of the object and attach it.  Its link keeps it when the copy goes."""
        cdef bpf_object *more = self.open_copy()
        try:
            self.load_object(more, {name})
            self.attach_program(bpf_object__find_program_by_name(more, name.encode()), name)
        finally:
            bpf_object__close(more)

    cdef attach_program(self, bpf_program *prog, str name):
        cdef Link link = Link()
        cdef int err
        libbpf_log_begin(self.log)
        link.link = bpf_program__attach(prog)
        err = errno
        libbpf_log_end()
        if link.link is NULL:
            raise self.failure("attach", err, name)
        self.links[name] = link

    cdef detach(self, str name):
        """Detach a program; nothing happens if it is not attached."""
        cdef Link link = self.links.pop(name, None)
        if link is not None:
            link.destroy()

    cdef bytes iterate(self, str name):
        """Run an iterator program once; what it wrote."""
        cdef bpf_program *prog = self.program(name)
        cdef Link link = Link()
        cdef bytearray written = bytearray()
        cdef char piece[ITERATION]
        cdef Py_ssize_t got
        cdef int fd, err
        libbpf_log_begin(self.log)
        link.link = bpf_program__attach_iter(prog, NULL)
        err = errno
        libbpf_log_end()
        if link.link is NULL:
            raise self.failure("iterate", err, name)
        fd = bpf_iter_create(bpf_link__fd(link.link))
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

    cdef int map_fd(self, str name) except -1:
        cdef int fd = bpf_map__fd(self.map(name))
        if fd < 0:
            raise kernel_error("map", EPERM, f"map {name} is not loaded")
        return fd

    cdef int ring_new(self, uint32_t size) except -1:
        """Make a ring buffer; its descriptor, which belongs to the loader."""
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
        """Remove a key; it need not be there."""
        cdef int err = bpf_map_delete_elem(self.map_fd(name), key)
        if err and err != -ENOENT:
            raise kernel_error("map", -err, f"map {name}")

    cdef list map_items(self, str name, size_t key_size, size_t value_size):
        """(key, value) of each entry, as bytes.  Entries that come and go meanwhile may be missed, or come twice."""
        cdef int fd = self.map_fd(name)
        cdef bytes key = PyBytes_FromStringAndSize(NULL, key_size)
        cdef bytes value
        cdef list items = []
        cdef const char *before = NULL
        cdef bytes last
        cdef Py_ssize_t most = bpf_map__max_entries(self.map(name))
        while len(items) < most and bpf_map_get_next_key(fd, before, <char *>key) == 0:
            value = PyBytes_FromStringAndSize(NULL, value_size)
            if bpf_map_lookup_elem(fd, <char *>key, <char *>value) == 0:
                items.append((key, value))
            last, before = key, <const char *>key
            key = PyBytes_FromStringAndSize(NULL, key_size)
        return items

    cdef bytes map_get(self, str name, const void *key, size_t size):
        """The value of a key of a per-CPU map: `size` bytes for each possible CPU."""
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
        """Where a global variable lies in its section, by the object's type information."""
        cdef btf *types = bpf_object__btf(self.object)
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
        """A variable of .rodata, to be read or set before load."""
        cdef size_t offset = self.offset_of(b".rodata", name, size)
        cdef size_t length
        cdef void *start = bpf_map__initial_value(self.map(".rodata"), &length)
        if start is NULL or offset + size > length:
            raise kernel_error("schema", 0, f"there is no variable {name}")
        return <char *>start + offset

    cdef void *variable(self, str name, size_t size) except NULL:
        """A variable of .data in the loaded object: what is written there, the programs see."""
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
        """Detach everything and give back all that the kernel holds."""
        cdef Link link
        cdef Memory memory
        for link in self.links.values():
            link.destroy()
        for memory in self.memory.values():
            memory.unmap()
        for fd in self.made:
            close_fd(fd)
        self.links.clear()
        self.memory.clear()
        self.made.clear()
        if self.object is not NULL:
            bpf_object__close(self.object)
            self.object = NULL
        self.loaded = False

    cdef after_fork_child(self):
        """Close what the child inherited; the parent's programs stay attached, for they have descriptors there.

        When the fork came while another thread was inside libbpf, the object may be half changed: its memory and
        descriptors are left to the end of the child.
        """
        if self.working:
            self.object = NULL
        self.close()
