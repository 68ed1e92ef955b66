# SPDX-License-Identifier: Apache-2.0
"""Events that add or remove users and groups."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free

from tiercel._core.replay.initial_tables cimport thread_table_add_group, thread_table_add_user
from tiercel._core.replay.thread_table cimport ContainerUsers, thread_table_users
from tiercel._core.scap.params cimport scap_bytes, scap_u32
from tiercel._core.scap.reader cimport ScapGroup, ScapUser
from tiercel._core.util.hashmap cimport IntMap, intmap_get, intmap_remove
from tiercel._core.util.slice cimport Slice, slice_text
from tiercel._core.wire.events_gen cimport EV_GROUPADDED, EV_USERADDED


cdef inline Slice _plain(const ScapEvent *event, uint32_t index) noexcept nogil:
    return slice_text(scap_bytes(event, index))


cdef void _forget(IntMap *names, uint32_t id) noexcept nogil:
    cdef void *name = intmap_get(names, id)
    intmap_remove(names, id)
    free(name)


cdef void thread_table_user_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle useradded, userdeleted: uid, gid, name, home, shell, container."""
    cdef Slice container_id = _plain(event, 5)
    cdef ContainerUsers *users
    cdef ScapUser user
    user.uid = scap_u32(event, 0)
    if event.type == EV_USERADDED:
        user.gid = scap_u32(event, 1)
        user.name = _plain(event, 2)
        user.home = _plain(event, 3)
        user.shell = _plain(event, 4)
        thread_table_add_user(threads, container_id, &user)
        return
    if container_id.len == 0:
        _forget(&threads.state.users, user.uid)
        _forget(&threads.state.homes, user.uid)
        _forget(&threads.state.shells, user.uid)
        return
    users = thread_table_users(threads, container_id, 0)
    if users is not NULL:
        _forget(&users.users, user.uid)
        _forget(&users.homes, user.uid)
        _forget(&users.shells, user.uid)


cdef void thread_table_group_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle groupadded, groupdeleted: gid, name, container."""
    cdef Slice container_id = _plain(event, 2)
    cdef ContainerUsers *users
    cdef ScapGroup group
    group.gid = scap_u32(event, 0)
    if event.type == EV_GROUPADDED:
        group.name = _plain(event, 1)
        thread_table_add_group(threads, container_id, &group)
        return
    if container_id.len == 0:
        _forget(&threads.state.groups, group.gid)
        return
    users = thread_table_users(threads, container_id, 0)
    if users is not NULL:
        _forget(&users.groups, group.gid)
