# SPDX-License-Identifier: Apache-2.0
"""Socket updates from capture events, exactly as in Falco: ends, roles, names, connections.

The ends of a socket are ordered client, server; the tuple of an event is ordered sender, receiver.
"""

from libc.errno cimport EINPROGRESS
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from tiercel._core.replay.fd_common cimport event_bytes, event_number, fd_make
from tiercel._core.replay.fd_table cimport (
    FD_CLIENT,
    FD_CONNECTED,
    FD_SERVER,
    Fd,
    FdTable,
    fd_set_name,
    fds_add,
    fds_find,
    fds_first,
    fds_full,
    fds_new,
    fds_next,
)
from tiercel._core.replay.socket_tuple cimport (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_UNIX,
    TUPLE_UNIX_LEN,
    Tuple,
    is_mapped,
    name_address,
    name_connection,
    name_server,
    name_tuple,
    overlay_ends,
    patch_ends,
    read_address,
    read_tuple,
    set_ends,
    set_unix,
    swap_ends,
    tail_text,
)
from tiercel._core.replay.thread_table cimport rthread_enter, rthread_fds, thread_table_find
from tiercel._core.scap.reader cimport SCAP_FD_FILE_V2
from tiercel._core.util.slice cimport Slice, slice_equal
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT4,
    EV_FD_FILE,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_FD_NETLINK,
    EV_FD_UNIX,
    EV_FD_UNKNOWN,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_L4_UNKNOWN,
    EV_RECVFROM,
    EV_RECVMSG,
    EV_SENDMMSG,
)


cdef enum:
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOCK_RAW = 3

    IPPROTO_IP = 0
    IPPROTO_ICMP = 1
    IPPROTO_TCP = 6
    IPPROTO_UDP = 17
    IPPROTO_RAW = 255

    O_CLOEXEC = 0x1000          # Falco's number


# --- Calls that make and bind ----------------------------------------------------------------------------------------

cdef uint8_t _transport(uint32_t type, uint32_t protocol) noexcept nogil:
    """Return enum ev_l4proto of a socket call."""
    if protocol == IPPROTO_TCP:
        return EV_L4_RAW if type == SOCK_RAW else EV_L4_TCP
    if protocol == IPPROTO_UDP:
        return EV_L4_RAW if type == SOCK_RAW else EV_L4_UDP
    if protocol == IPPROTO_ICMP:
        return EV_L4_RAW if type == SOCK_RAW else EV_L4_ICMP
    if protocol == IPPROTO_IP:
        if type & 0xff == SOCK_STREAM:
            return EV_L4_TCP
        return EV_L4_UDP if type & 0xff == SOCK_DGRAM else EV_L4_UNKNOWN
    return EV_L4_RAW if protocol == IPPROTO_RAW else EV_L4_UNKNOWN


cdef Fd *_make(
    ThreadTable *threads, ReplayThread *thread, int64_t num, uint32_t domain, uint8_t l4proto, uint32_t flags
) noexcept nogil:
    cdef int type = EV_FD_UNKNOWN
    cdef Fd *fd
    if domain == AF_UNIX:
        type = EV_FD_UNIX
    elif domain == AF_INET:
        type = EV_FD_IPV4
    elif domain == AF_INET6:
        type = EV_FD_IPV6
    elif domain == AF_NETLINK:
        type = EV_FD_NETLINK
    fd = fd_make(threads, thread, num, type, flags)
    if fd is not NULL and domain == AF_INET:
        fd.ends.v4.l4proto = l4proto
    elif fd is not NULL and domain == AF_INET6:
        fd.ends.v6.l4proto = l4proto
    return fd


cdef void fd_socket(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    cdef uint32_t type = <uint32_t>event_number(event, 2, 0)
    cdef uint32_t protocol = <uint32_t>event_number(event, 3, 0)
    cdef uint32_t flags = <uint32_t>event_number(event, 4, 0)
    _make(threads, thread, num, <uint32_t>event_number(event, 1, 0), _transport(type, protocol), flags)


cdef void fd_bind(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle bind; a socket bound to a port counts as listening."""
    cdef Slice address = event_bytes(event, 1)
    cdef Fd *fd = threads.event_fd
    cdef uint8_t addr[16]
    cdef uint8_t l4proto
    cdef uint16_t port
    cdef bint is_v4
    if fd is NULL or address.len == 0:
        return
    if read_address(address, &is_v4, addr, &port) and port > 0:
        l4proto = fd.ends.v4.l4proto if address.ptr[0] == AF_INET else fd.ends.v6.l4proto
        if is_v4:
            fd.type = EV_FD_IPV4_SERVER
            memcpy(fd.ends.server4.ip, addr, 4)
            fd.ends.server4.port = port
            fd.ends.server4.l4proto = l4proto
        else:
            fd.type = EV_FD_IPV6_SERVER
            memcpy(fd.ends.server6.ip, addr, 16)
            fd.ends.server6.port = port
            fd.ends.server6.l4proto = l4proto
        fd.flags |= FD_SERVER
    name_address(threads, fd, address)


# --- Connections ------------------------------------------------------------------------------------------------------

cdef void _aim(Fd *fd, const ScapEvent *enter) noexcept nogil:
    """Set the destination that the program passed, for a connection without a tuple from the kernel."""
    cdef uint8_t addr[16]
    cdef uint16_t port
    cdef bint is_v4
    if enter is NULL or enter.nparams < 2 or not read_address(enter.params[1], &is_v4, addr, &port):
        return
    if is_v4:
        fd.type = EV_FD_IPV4
        memcpy(fd.ends.v4.dip, addr, 4)
        fd.ends.v4.dport = port
    else:
        fd.type = EV_FD_IPV6
        memcpy(fd.ends.v6.dip, addr, 16)
        fd.ends.v6.dport = port


cdef void _trust_enter(Tuple *tuple, Slice address, const ScapEvent *enter) noexcept nogil:
    """Replace a destination read after the call by that of the enter event, which the program cannot change."""
    cdef uint8_t addr[16]
    cdef uint16_t port
    cdef bint is_v4
    cdef int size = 4 if tuple.is_v4 else 16
    if enter is NULL or enter.nparams < 2:
        return
    if not read_address(address, &is_v4, addr, &port) or is_v4 != tuple.is_v4 or port != tuple.dport:
        return
    if memcmp(addr, tuple.dip, size) != 0:
        return
    if read_address(enter.params[1], &is_v4, addr, &port) and is_v4 == tuple.is_v4:
        memcpy(tuple.dip, addr, size)
        tuple.dport = port


cdef void fd_connect(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t result) noexcept nogil:
    cdef const ScapEvent *enter
    cdef Fd *fd = threads.event_fd
    cdef Slice bytes, address, path
    cdef Tuple tuple
    if fd is NULL or (result < 0 and result != -EINPROGRESS):
        return
    fd.flags |= FD_CONNECTED
    enter = rthread_enter(thread, event)
    bytes = event_bytes(event, 1)
    address = event_bytes(event, 3)
    if bytes.len == 0:
        _aim(fd, enter)
        return
    if read_tuple(bytes, &tuple):
        _trust_enter(&tuple, address, enter)
        if set_ends(fd, &tuple) and fd.flags & FD_SERVER:
            # The socket was bound as a datagram server and now talks to one peer.
            if fd.type == EV_FD_IPV4 and fd.ends.v4.l4proto == EV_L4_UDP:
                swap_ends(fd)
        name_connection(threads, fd)
    elif bytes.ptr[0] == AF_UNIX and bytes.len >= TUPLE_UNIX_LEN:
        path = tail_text(bytes, TUPLE_UNIX_LEN)
        if enter is not NULL and enter.nparams >= 2 and enter.params[1].len and enter.params[1].ptr[0] == AF_UNIX:
            if slice_equal(tail_text(address, 1), path):
                path = tail_text(enter.params[1], 1)
        set_unix(threads, fd, bytes, path)
    if fd.flags & (FD_CLIENT | FD_SERVER) == 0:
        fd.flags |= FD_CLIENT


cdef void fd_accept(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    cdef Slice bytes = event_bytes(event, 1)
    cdef bint is_ip
    cdef Tuple tuple
    cdef Fd *fd
    threads.event_fd_num = num
    is_ip = read_tuple(bytes, &tuple)
    if not is_ip and (bytes.len < TUPLE_UNIX_LEN or bytes.ptr[0] != AF_UNIX):
        threads.event_fd = fds_find(rthread_fds(thread), num)
        return
    fd = fd_make(threads, thread, num, EV_FD_UNIX, 0)
    if fd is NULL:
        return
    if is_ip:
        set_ends(fd, &tuple)
        if tuple.is_v4:
            fd.ends.v4.l4proto = EV_L4_TCP
        else:
            fd.ends.v6.l4proto = EV_L4_TCP
        name_tuple(threads, fd, &tuple)
    else:
        set_unix(threads, fd, bytes, tail_text(bytes, TUPLE_UNIX_LEN))
    fd.flags |= FD_SERVER | FD_CONNECTED
    if event.type == EV_ACCEPT4 and event_number(event, 5, 0) & O_CLOEXEC:
        fd.open_flags |= O_CLOEXEC


# --- Traffic ----------------------------------------------------------------------------------------------------------

cdef void fd_used(ThreadTable *threads) noexcept nogil:
    """Mark the event's descriptor as connected: it transferred data."""
    cdef Fd *fd = threads.event_fd
    if fd is not NULL and (fd.type == EV_FD_IPV4 or fd.type == EV_FD_IPV6):
        fd.flags |= FD_CONNECTED


cdef bint _has_port(const FdTable *table, uint16_t port, bint is_own) noexcept nogil:
    """Return true if an IPv4 socket has the port as the server's, or (`is_own`) as the client's."""
    cdef const Fd *fd = fds_first(table)
    while fd is not NULL:
        if fd.type == EV_FD_IPV4:
            if (fd.ends.v4.sport if is_own else fd.ends.v4.dport) == port:
                return 1
        elif fd.type == EV_FD_IPV4_SERVER and not is_own and fd.ends.server4.port == port:
            return 1
        fd = fds_next(fd)
    return 0


cdef void _guess_role(const ReplayThread *thread, Fd *fd, bint is_receive) noexcept nogil:
    """Guess the role by port use, then by direction: servers receive first. As Falco does, read IPv6 ends as IPv4."""
    cdef const FdTable *table = rthread_fds(thread)
    if not _has_port(table, fd.ends.v4.dport, 0):
        fd.flags |= FD_CLIENT
    elif not _has_port(table, fd.ends.v4.sport, 1):
        fd.flags |= FD_SERVER
    else:
        fd.flags |= FD_SERVER if is_receive else FD_CLIENT


cdef void _learn(ThreadTable *threads, ReplayThread *thread, Slice bytes, bint is_receive) noexcept nogil:
    """Set the ends of a socket from a transfer, unless it is a TCP connection with ends."""
    cdef Fd *fd = threads.event_fd
    cdef Tuple tuple
    if bytes.len == 0 or (fd.name is not NULL and fd.type == EV_FD_IPV4 and fd.ends.v4.l4proto == EV_L4_TCP):
        return
    if bytes.ptr[0] == AF_UNIX and bytes.len >= TUPLE_UNIX_LEN:
        fd.type = EV_FD_UNIX
        set_unix(threads, fd, bytes, tail_text(bytes, TUPLE_UNIX_LEN))
        return
    if not read_tuple(bytes, &tuple):
        return
    if fd.type == EV_FD_IPV4_SERVER and bytes.ptr[0] == AF_INET:
        fd.ends.v4.l4proto = fd.ends.server4.l4proto
    if not (set_ends(fd, &tuple) if tuple.is_v4 or fd.type == EV_FD_IPV6 else overlay_ends(fd, &tuple)):
        return
    if fd.type == EV_FD_IPV4:
        if fd.ends.v4.l4proto == EV_L4_UNKNOWN:
            fd.ends.v4.l4proto = EV_L4_UDP
    elif fd.type != EV_FD_IPV6:
        name_tuple(threads, fd, &tuple)  # role and direction stay for an unconnected socket, too
        return
    elif fd.ends.v6.l4proto == EV_L4_UNKNOWN:
        fd.ends.v6.l4proto = EV_L4_UDP
    patch_ends(threads, fd)
    if fd.flags & (FD_CLIENT | FD_SERVER) == 0:
        _guess_role(thread, fd, is_receive)
    if fd.flags & (FD_CLIENT if is_receive else FD_SERVER):
        swap_ends(fd)
    name_connection(threads, fd)


cdef void fd_send(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    cdef Slice bytes = event_bytes(event, 4)
    if threads.event_fd is NULL and event.type != EV_SENDMMSG and threads.event_fd_num >= 0:
        # Socket of unknown origin: a send with a receiver address means datagrams.
        if bytes.len and (bytes.ptr[0] == AF_INET or bytes.ptr[0] == AF_INET6):
            _make(threads, thread, threads.event_fd_num, bytes.ptr[0], EV_L4_UDP, 0)
    if threads.event_fd is not NULL:
        fd_used(threads)
        _learn(threads, thread, bytes, 0)


cdef void fd_receive(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    cdef uint32_t at_tuple = 2 if event.type == EV_RECVFROM else 3 if event.type == EV_RECVMSG else 4
    if threads.event_fd is not NULL:
        fd_used(threads)
        _learn(threads, thread, event_bytes(event, at_tuple), 1)


# --- What a capture begins with ---------------------------------------------------------------------------------------

cdef void _set_initial_ends(Fd *fd, const ScapFd *entry) noexcept nogil:
    if fd.type == EV_FD_IPV6 and is_mapped(entry.sip) and is_mapped(entry.dip):
        fd.type = EV_FD_IPV4
        memcpy(fd.ends.v4.sip, entry.sip + 12, 4)
        memcpy(fd.ends.v4.dip, entry.dip + 12, 4)
    elif fd.type == EV_FD_IPV4:
        memcpy(fd.ends.v4.sip, entry.sip, 4)
        memcpy(fd.ends.v4.dip, entry.dip, 4)
    if fd.type == EV_FD_IPV4:
        fd.ends.v4.sport = entry.sport
        fd.ends.v4.dport = entry.dport
        fd.ends.v4.l4proto = entry.l4proto
    elif fd.type == EV_FD_IPV4_SERVER:
        memcpy(fd.ends.server4.ip, entry.sip, 4)
        fd.ends.server4.port = entry.sport
        fd.ends.server4.l4proto = entry.l4proto
    elif fd.type == EV_FD_IPV6:
        memcpy(fd.ends.v6.sip, entry.sip, 16)
        memcpy(fd.ends.v6.dip, entry.dip, 16)
        fd.ends.v6.sport = entry.sport
        fd.ends.v6.dport = entry.dport
        fd.ends.v6.l4proto = entry.l4proto
    else:
        memcpy(fd.ends.server6.ip, entry.sip, 16)
        fd.ends.server6.port = entry.sport
        fd.ends.server6.l4proto = entry.l4proto
    if entry.l4proto == EV_L4_TCP and (fd.type == EV_FD_IPV4 or fd.type == EV_FD_IPV6):
        fd.flags |= FD_CONNECTED


cdef void fds_add_initial(ThreadTable *threads, const ScapFd *entry) noexcept nogil:
    """Add an entry of the capture's initial table; `fds_open` sets names and roles of IP sockets."""
    cdef ReplayThread *thread = thread_table_find(threads, entry.tid)
    cdef Fd *fd
    if thread is NULL:
        return
    if thread.fds is NULL:
        thread.fds = fds_new(&threads.fds_total)
    if thread.fds is NULL:
        threads.stats.no_memory += 1
        return
    fd = fds_add(thread.fds, entry.fd)
    if fd is NULL:
        if fds_full(thread.fds):
            threads.stats.fds_refused += 1
        else:
            threads.stats.no_memory += 1
        return
    fd.type = <int16_t>EV_FD_FILE if entry.type == SCAP_FD_FILE_V2 else <int16_t>entry.type
    fd.ino = entry.ino
    fd.dev = entry.dev
    fd.open_flags = entry.open_flags if fd.type == EV_FD_FILE else 0
    if EV_FD_IPV4 <= fd.type <= EV_FD_IPV6_SERVER:
        _set_initial_ends(fd, entry)
        return
    if fd.type == EV_FD_UNIX:
        fd.ends.un.source = entry.source
        fd.ends.un.destination = entry.destination
        fd.flags |= FD_SERVER if entry.name.len else FD_CLIENT
    fd_set_name(fd, entry.name)


cdef void _open_socket(ThreadTable *threads, Fd *fd, const uint8_t *server_ports) noexcept nogil:
    """Name an IP socket of the initial table; an IPv4 connection from a listening port is incoming."""
    if fd.type == EV_FD_IPV4_SERVER or fd.type == EV_FD_IPV6_SERVER:
        name_server(threads, fd)
        return
    if fd.type == EV_FD_IPV4:
        patch_ends(threads, fd)
        if server_ports[fd.ends.v4.sport >> 3] >> (fd.ends.v4.sport & 7) & 1:
            swap_ends(fd)
            fd.flags |= FD_SERVER
        else:
            fd.flags |= FD_CLIENT
    name_connection(threads, fd)


cdef void _open_table(ThreadTable *threads, const FdTable *table, uint8_t *server_ports, bint is_first) noexcept nogil:
    cdef Fd *fd = fds_first(table)
    cdef uint16_t port
    while fd is not NULL:
        if not EV_FD_IPV4 <= fd.type <= EV_FD_IPV6_SERVER:
            pass
        elif not is_first:
            threads.scratch.used = 0
            _open_socket(threads, fd, server_ports)
        elif fd.type == EV_FD_IPV4_SERVER or fd.type == EV_FD_IPV6_SERVER:
            port = fd.ends.server4.port if fd.type == EV_FD_IPV4_SERVER else fd.ends.server6.port
            server_ports[port >> 3] |= <uint8_t>(1 << (port & 7))
        fd = fds_next(fd)


cdef void fds_open(ThreadTable *threads) noexcept nogil:
    """Set names and roles of IP sockets after the initial tables are complete."""
    cdef uint8_t *server_ports
    cdef ReplayThread *thread
    cdef uint32_t i
    cdef int turn
    if threads.by_tid.count == 0:
        return
    server_ports = <uint8_t *>calloc(8192, 1)
    if server_ports is NULL:
        threads.stats.no_memory += 1
        return
    for turn in range(2):
        for i in range(threads.by_tid.mask + 1):
            thread = <ReplayThread *>threads.by_tid.cells[i].value
            if thread is not NULL:
                _open_table(threads, thread.fds, server_ports, turn == 0)
    free(server_ports)
