# SPDX-License-Identifier: Apache-2.0
"""Configuration, map values and counters shared with the probe: bpf/gen/probe_abi.h."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "gen/probe_abi.h" nogil:
    enum probe_scope:
        PROBE_SCOPE_ALL
        PROBE_SCOPE_TREE
        PROBE_SCOPE_CGROUP
        PROBE_SCOPE_CONTAINERS

    enum probe_cgroup:
        PROBE_CGROUP_HOST
        PROBE_CGROUP_CONTAINER

    enum probe_v1:
        PROBE_V1_CPUSET
        PROBE_V1_CPU
        PROBE_V1_CPUACCT
        PROBE_V1_IO
        PROBE_V1_MEMORY

    enum probe_task_state:
        PROBE_STATE_TASK
        PROBE_STATE_CGROUPS
        PROBE_STATE_STDIO

    enum probe_stage:
        STAGE_LOOKUP
        STAGE_NAME_CHECK
        STAGE_TASK_STATE
        STAGE_FILTER_OPEN
        STAGE_WANTED
        STAGE_OWN
        STAGE_MAX

    struct probe_config:
        uint32_t self_tgid
        uint32_t scope
        uint32_t want_env
        uint32_t want_cwd
        uint32_t want_thread_exit
        uint32_t wakeup_bytes
        uint32_t drop_failed
        uint32_t needs_task_state
        uint32_t snaplen
        uint32_t page_kib
        uint32_t scope_changes
        uint32_t filter
        uint32_t life_bytes
        uint32_t volume_bytes
        uint32_t v1_controllers
        uint32_t hierarchy
        uint64_t key_hierarchies
        uint32_t canary

    struct probe_stats:
        uint64_t sent
        uint64_t lost_lifecycle
        uint64_t lost_volume
        uint64_t unfit
        uint64_t truncated
        uint64_t scope_full
        uint64_t unresolved
        uint64_t unfinished
        uint64_t changed
        uint64_t lost[1]
        uint64_t filtered[1]
        uint64_t shed[1]

    struct probe_loss:
        uint64_t cgroup_id
        uint32_t slot
        uint32_t over_share

    enum:
        PROBE_SYSCALLS
        PROBE_SOCKETCALLS
        PROBE_WANTED_OWN
        PROBE_SLOTS
        PROBE_RINGS
        PROBE_RING_LIFE
        PROBE_RING_VOLUME
        PROBE_CPUS
