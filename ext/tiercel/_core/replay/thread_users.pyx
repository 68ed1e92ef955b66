# SPDX-License-Identifier: Apache-2.0
"""Events that name users and groups, or take their names back."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free

from tiercel._core.replay.initial_tables cimport tasks_add_group, tasks_add_user
from tiercel._core.replay.thread_table cimport TaskUsers, tasks_users
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


cdef void tasks_user_event(Tasks *tasks, const ScapEvent *event) noexcept nogil:
    """useradded, userdeleted: uid, gid, name, home, shell, container."""
    cdef Slice container_id = _plain(event, 5)
    cdef TaskUsers *users
    cdef ScapUser user
    user.uid = scap_u32(event, 0)
    if event.type == EV_USERADDED:
        user.gid = scap_u32(event, 1)
        user.name = _plain(event, 2)
        user.home = _plain(event, 3)
        user.shell = _plain(event, 4)
        tasks_add_user(tasks, container_id, &user)
        return
    if container_id.len == 0:
        _forget(&tasks.state.users, user.uid)
        _forget(&tasks.state.homes, user.uid)
        _forget(&tasks.state.shells, user.uid)
        return
    users = tasks_users(tasks, container_id, 0)
    if users is not NULL:
        _forget(&users.users, user.uid)
        _forget(&users.homes, user.uid)
        _forget(&users.shells, user.uid)


cdef void tasks_group_event(Tasks *tasks, const ScapEvent *event) noexcept nogil:
    """groupadded, groupdeleted: gid, name, container."""
    cdef Slice container_id = _plain(event, 2)
    cdef TaskUsers *users
    cdef ScapGroup group
    group.gid = scap_u32(event, 0)
    if event.type == EV_GROUPADDED:
        group.name = _plain(event, 1)
        tasks_add_group(tasks, container_id, &group)
        return
    if container_id.len == 0:
        _forget(&tasks.state.groups, group.gid)
        return
    users = tasks_users(tasks, container_id, 0)
    if users is not NULL:
        _forget(&users.groups, group.gid)
