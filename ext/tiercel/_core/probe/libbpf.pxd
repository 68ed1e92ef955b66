# SPDX-License-Identifier: Apache-2.0
"""libbpf declarations.  Only `bpf_object` and `loader` cimport them, so that few modules link libbpf."""

from libc.stdint cimport uint32_t, uint64_t


cdef extern from "probe/libbpf_log.h" nogil:
    struct libbpf_log:
        size_t used
        int wanted
        char *messages
        size_t messages_used
        size_t messages_lost
        char *text
    void libbpf_log_begin(libbpf_log *)
    void libbpf_log_end()
    void libbpf_log_free(libbpf_log *)


cdef extern from "<bpf/libbpf.h>" nogil:
    struct bpf_object:
        pass
    struct bpf_program:
        pass
    struct bpf_map:
        pass
    struct bpf_object_open_opts:
        size_t sz
        const char *object_name
        const char *btf_custom_path

    int libbpf_strerror(int, char *, size_t)
    int libbpf_num_possible_cpus()
    bpf_object *bpf_object__open_mem(const void *, size_t, const bpf_object_open_opts *)
    int bpf_object__load(bpf_object *)
    void bpf_object__close(bpf_object *)
    btf *bpf_object__btf(const bpf_object *)
    bpf_program *bpf_object__next_program(const bpf_object *, bpf_program *)
    bpf_program *bpf_object__find_program_by_name(const bpf_object *, const char *)
    bpf_map *bpf_object__next_map(const bpf_object *, const bpf_map *)
    bpf_map *bpf_object__find_map_by_name(const bpf_object *, const char *)
    const char *bpf_program__name(const bpf_program *)
    int bpf_program__set_autoload(bpf_program *, bint)
    bint bpf_program__autoload(const bpf_program *)
    const char *bpf_program__section_name(const bpf_program *)
    int bpf_program__fd(const bpf_program *)
    int bpf_map__fd(const bpf_map *)
    int bpf_map__reuse_fd(bpf_map *, int)
    int bpf_map__set_max_entries(bpf_map *, uint32_t)
    uint32_t bpf_map__max_entries(const bpf_map *)
    uint32_t bpf_map__key_size(const bpf_map *)
    uint32_t bpf_map__value_size(const bpf_map *)
    void *bpf_map__initial_value(const bpf_map *, size_t *)


cdef extern from "<bpf/bpf.h>" nogil:
    enum: BPF_MAP_TYPE_RINGBUF
    enum: BPF_TRACE_ITER
    struct bpf_prog_info:
        uint64_t run_time_ns
        uint64_t run_cnt
    int bpf_obj_get_info_by_fd(int, void *, uint32_t *)
    int bpf_iter_create(int)
    int bpf_link_create(int, int, int, const void *)
    int bpf_raw_tracepoint_open(const char *, int)
    int bpf_map_create(int, const char *, uint32_t, uint32_t, uint32_t, const void *)
    int bpf_map_update_elem(int, const void *, const void *, uint64_t)
    int bpf_map_lookup_elem(int, const void *, void *)
    int bpf_map_delete_elem(int, const void *)
    int bpf_map_get_next_key(int, const void *, void *)


cdef extern from "<bpf/btf.h>" nogil:
    struct btf:
        pass
    struct btf_type:
        uint32_t name_off
    struct btf_var_secinfo:
        uint32_t type
        uint32_t offset
        uint32_t size
    enum: BTF_KIND_DATASEC
    enum: BTF_KIND_STRUCT
    enum: BTF_KIND_TYPEDEF
    btf *btf__load_vmlinux_btf()
    void btf__free(btf *)
    int btf__find_by_name_kind(const btf *, const char *, uint32_t)
    const btf_type *btf__type_by_id(const btf *, uint32_t)
    const void *btf__raw_data(const btf *, uint32_t *)
    const char *btf__name_by_offset(const btf *, uint32_t)
    int btf_vlen(const btf_type *)
    btf_var_secinfo *btf_var_secinfos(const btf_type *)


cdef extern from "probe/btf_part.h" nogil:
    btf *btf_part_new(const btf *, const btf *)
