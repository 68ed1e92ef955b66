# SPDX-License-Identifier: Apache-2.0
"""Load generator of the benchmarks: loops of system calls."""

from libc.errno cimport errno
from libc.stdint cimport int64_t, uint16_t, uint32_t
from libc.string cimport memset
from posix.fcntl cimport O_RDONLY, open
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, nanosleep, timespec
from posix.types cimport pid_t
from posix.unistd cimport close, getppid
from posix.wait cimport waitpid

cdef extern from "<time.h>" nogil:
    pass  # posix.time includes <sys/time.h> only, and Python 3.13's headers for the stable ABI do not include it

cdef extern from "<fcntl.h>" nogil:
    int O_CLOEXEC

cdef extern from "<spawn.h>" nogil:
    int posix_spawn(pid_t *, const char *, void *, void *, char **, char **)

cdef extern from "<netinet/in.h>" nogil:
    struct in_addr:
        uint32_t s_addr
    struct sockaddr_in:
        uint16_t sin_family
        uint16_t sin_port
        in_addr sin_addr
    uint32_t INADDR_LOOPBACK
    uint32_t htonl(uint32_t)

cdef extern from "<sys/socket.h>" nogil:
    struct sockaddr:
        pass
    struct linger:
        int l_onoff
        int l_linger
    ctypedef unsigned int socklen_t
    int AF_INET, SOCK_STREAM, SOCK_CLOEXEC, SOL_SOCKET, SO_LINGER
    int socket(int, int, int)
    int bind(int, const sockaddr *, socklen_t)
    int listen(int, int)
    int connect(int, const sockaddr *, socklen_t)
    int accept(int, sockaddr *, socklen_t *)
    int getsockname(int, sockaddr *, socklen_t *)
    int setsockopt(int, int, int, const void *, socklen_t)

cdef enum:
    SECOND = 1000000000
    SLEPT = 200000          # minimum wait for a sleep, in nanoseconds
    WOKEN_WITHIN = 100000   # assumed maximum delay of a wake-up, in nanoseconds

cdef struct Work:
    const char *path
    const char *marker
    int64_t every
    int64_t rounds
    int listener
    sockaddr_in address

# One round; returns an errno, or 0.
ctypedef int (*Round)(Work *) noexcept nogil


cdef int work_open(Work *work) noexcept nogil:
    cdef const char *path = work.path
    cdef int fd
    if work.every and work.rounds % work.every == 0:
        path = work.marker
    fd = open(path, O_RDONLY | O_CLOEXEC)
    if fd >= 0:
        close(fd)
    return 0


cdef int work_getppid(Work *work) noexcept nogil:
    getppid()
    return 0


cdef int work_exec(Work *work) noexcept nogil:
    cdef char *argv[2]
    cdef char *envp[1]
    cdef pid_t pid
    cdef int error
    argv[0] = <char *>work.path
    argv[1] = NULL
    envp[0] = NULL
    error = posix_spawn(&pid, work.path, NULL, NULL, argv, envp)
    if error:
        return error
    return 0 if waitpid(pid, NULL, 0) == pid else errno


cdef int work_connect(Work *work) noexcept nogil:
    """Connect, accept and reset. The reset avoids TIME_WAIT, which would exhaust the ports."""
    cdef linger reset = linger(1, 0)
    cdef int accepted, error = 0
    cdef int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    if fd < 0:
        return errno
    if connect(fd, <sockaddr *>&work.address, sizeof(work.address)) < 0:
        error = errno
    else:
        accepted = accept(work.listener, NULL, NULL)
        if accepted < 0:
            error = errno
        else:
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset))
            close(fd)
            close(accepted)
            return 0
    close(fd)
    return error


cdef int work_listen(Work *work) noexcept nogil:
    cdef socklen_t size = sizeof(work.address)
    memset(&work.address, 0, sizeof(work.address))
    work.address.sin_family = <uint16_t>AF_INET
    work.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    work.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    if work.listener < 0:
        return errno
    if (bind(work.listener, <sockaddr *>&work.address, size) < 0 or listen(work.listener, 16) < 0
            or getsockname(work.listener, <sockaddr *>&work.address, &size) < 0):
        return errno
    return 0


cdef int64_t work_clock() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t>now.tv_sec * SECOND + now.tv_nsec


cdef int64_t work_wait(int64_t due) noexcept nogil:
    """Wait until a time, and sleep if it is far off, so that a low rate does not occupy the processor."""
    cdef timespec pause
    cdef int64_t now = work_clock()
    if due - now > SLEPT:
        pause.tv_sec = (due - now - WOKEN_WITHIN) // SECOND
        pause.tv_nsec = (due - now - WOKEN_WITHIN) % SECOND
        nanosleep(&pause, NULL)
    while now < due:
        now = work_clock()
    return now


cdef int work_loop(Work *work, Round one, int64_t count, int64_t duration, int64_t per_second,
                   int64_t *wall) noexcept nogil:
    """Run rounds in batches, and read the clock between batches; with a rate, a batch covers 0.1 ms."""
    cdef int64_t began = work_clock()
    cdef int64_t now = began
    cdef int64_t batch = 16
    cdef int error = 0
    if per_second:
        batch = 1 + per_second // 10000
    while error == 0 and (count == 0 or work.rounds < count) and (duration == 0 or now - began < duration):
        for _ in range(batch if count == 0 or count - work.rounds > batch else count - work.rounds):
            error = one(work)
            if error:
                break
            work.rounds += 1
        now = work_clock()
        if per_second:
            now = work_wait(began + work.rounds * SECOND // per_second)
    wall[0] = now - began
    return error


def run(str kind not None, int64_t count=0, *, double seconds=0.0, int64_t per_second=0, str path not None="",
        str marker not None="", int64_t every=0):
    cdef bytes opened = (path or ("/bin/true" if kind == "exec" else "/usr/bin/true")).encode()
    cdef bytes marked = marker.encode()
    cdef Work work
    cdef Round one
    cdef int64_t wall = 0
    cdef int64_t duration = <int64_t>(seconds * SECOND)
    cdef int error = 0
    if kind == "open":
        one = work_open
    elif kind == "getppid":
        one = work_getppid
    elif kind == "exec":
        one = work_exec
    elif kind == "connect":
        one = work_connect
    else:
        raise ValueError(f"there is no load {kind!r}")
    if count <= 0 and duration <= 0:
        raise ValueError("a load needs a number of rounds or of seconds")
    memset(&work, 0, sizeof(work))
    work.path = opened
    work.marker = marked
    work.every = every
    work.listener = -1
    if kind == "connect":
        error = work_listen(&work)
    if error == 0:
        with nogil:
            error = work_loop(&work, one, count, duration, per_second, &wall)
    if work.listener >= 0:
        close(work.listener)
    if error:
        raise OSError(error, f"the load {kind!r} failed")
    return work.rounds, wall
