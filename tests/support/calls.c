// SPDX-License-Identifier: Apache-2.0
/*
 * Does system calls, exactly the named ones and no others, and says what they returned.
 *
 *	calls STEP [, STEP]...		STEP: NAME [ARG]...
 *
 * NAME is `nr:NUMBER` for a system call of the 64-bit table, `ia32:NUMBER` for one of the 32-bit table through `int $0x80`,
 * `uring:OPERATION:FLAGS:IOPRIO` for a request to the io_uring, whose ARGs are fd, addr, len, off, the flags of
 * the operation and file_index, or one of
 *	:hold	report, then wait until standard input ends
 *	:orphan	kill the parent process, and wait until it has ended
 *	:ring	make an io_uring with the flags of its only ARG
 *	:thread	do the steps up to the matching `:join` in a second thread
 *	:join	end of what a thread or the child of a fork, vfork, clone or clone3 step does; the child then exits with
 *		status 0, and the parent waits for it
 *
 * ARG starts with a letter: i a number, s a text, x bytes in hexadecimal, z so many zero bytes, v an array of pointers or
 * numbers made of the next so many ARGs (a null pointer follows), r the result of an earlier step, p the own process id,
 * t the own thread id, q the parent's process id.
 *
 * Every step that returns prints one line of JSON: {"step":0,"pid":7,"tid":7,"ret":3}; ret is the kernel's value, -errno when
 * the call failed.  A `:join` after a fork has the wait status too.  The lines of all processes go to standard output.
 * Before the first step it makes a call that no other program makes: dup2(-7, -7).  The program is linked statically, not as a PIE: it opens no libraries, and its data lies where 32-bit pointers reach.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_STEPS 512
#define ARENA_SIZE (1 << 21)

struct step {
	char *name;
	char **args; /* up to the separator */
	int nargs;
	int nr;
	int flags;
	int ioprio;
	enum {
		CALL64,
		CALL32,
		URING,
		RING,
		HOLD,
		ORPHAN,
		THREAD,
		JOIN
	} kind;
	int forks;
	volatile long ret;
};

static struct step steps[MAX_STEPS];
static int nsteps;
static _Alignas(16) char arena[ARENA_SIZE];
static size_t arena_used;

static void die(const char *what, const char *which)
{
	fprintf(stderr, "calls: %s: %s\n", what, which);
	exit(2);
}

static void *arena_take(size_t size)
{
	char *start = arena + arena_used;

	if (size > ARENA_SIZE - arena_used)
		die("arguments take too much room", "");
	arena_used += (size + 15) & ~(size_t)15;
	return start;
}

static long own_tid(void)
{
	return syscall(SYS_gettid);
}

static long own_pid(void)
{
	return syscall(SYS_getpid); /* not cached: right in a vfork child too */
}

/* One line for a step that has returned. */
static void report(int i, long ret, int status)
{
	char line[160];
	int len = snprintf(line, sizeof(line), "{\"step\":%d,\"pid\":%ld,\"tid\":%ld,\"ret\":%ld", i, own_pid(),
			   own_tid(), ret);

	if (status >= 0)
		len += snprintf(line + len, sizeof(line) - len, ",\"status\":%d", status);
	len += snprintf(line + len, sizeof(line) - len, "}\n");
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(3);
}

/* --- arguments --- */

static long parse_hex(const char *text)
{
	size_t n = strlen(text) / 2;
	uint8_t *bytes = arena_take(n + 1);

	for (size_t i = 0; i < n; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], 0 };

		bytes[i] = strtoul(pair, NULL, 16);
	}
	return (long)bytes;
}

static long parse_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return (long)memcpy(arena_take(size), text, size);
}

static long parse_arg(const struct step *s, int *at);

static long parse_vector(const struct step *s, int *at, int count)
{
	long *wide = arena_take((count + 1) * sizeof(long));
	uint32_t *narrow = (uint32_t *)wide;

	for (int i = 0; i < count; i++) {
		long value = parse_arg(s, at);

		if (s->kind == CALL32)
			narrow[i] = value;
		else
			wide[i] = value;
	}
	return (long)wide;
}

/* The value of the argument at *at, which then is the next one. */
static long parse_arg(const struct step *s, int *at)
{
	const char *text;

	if (*at >= s->nargs)
		die("an argument is missing", s->name);
	text = s->args[(*at)++];
	switch (text[0]) {
	case 'i':
		return text[1] == '-' ? strtol(text + 1, NULL, 0) : (long)strtoul(text + 1, NULL, 0);
	case 's':
		return parse_text(text + 1);
	case 'x':
		return parse_hex(text + 1);
	case 'z':
		return (long)arena_take(strtoul(text + 1, NULL, 0));
	case 'v':
		return parse_vector(s, at, atoi(text + 1));
	case 'r':
		return steps[atoi(text + 1)].ret;
	case 'p':
		return own_pid();
	case 'q':
		return getppid();
	case 't':
		return own_tid();
	}
	die("no such kind of argument", text);
	return 0;
}

/* --- the calls ---  Inline, so that the child of a vfork never returns out of the frame that it shares with its parent. */

static inline __attribute__((always_inline)) long call64(long nr, const long *a)
{
	register long r10 asm("r10") = a[3];
	register long r8 asm("r8") = a[4];
	register long r9 asm("r9") = a[5];
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline __attribute__((always_inline)) long call32(long nr, const long *a)
{
	register long r12 asm("r12") = a[5];
	int ret;

	/* The sixth argument goes in ebp, which no constraint can name.  Not on the stack: a vfork child uses the same. */
	asm volatile("mov %%rbp, %%r13\n\tmov %%r12, %%rbp\n\tint $0x80\n\tmov %%r13, %%rbp"
		     : "=a"(ret)
		     : "0"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), "r"(r12)
		     : "r8", "r9", "r10", "r11", "r13", "memory");
	return ret;
}

/* --- io_uring --- */

static struct {
	int fd;
	struct io_uring_params params;
	char *rings; /* submissions and completions */
	struct io_uring_sqe *sqes;
} ring;

static unsigned *ring_word(unsigned offset)
{
	return (unsigned *)(ring.rings + offset);
}

static long make_ring(long flags)
{
	ring.params = (struct io_uring_params){ .flags = flags, .sq_thread_idle = 50 };
	ring.fd = syscall(SYS_io_uring_setup, 8, &ring.params);
	if (ring.fd < 0)
		return ring.fd;
	ring.rings = mmap(NULL, 1 << 14, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, 1 << 12, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (ring.rings == MAP_FAILED || ring.sqes == MAP_FAILED)
		die("the io_uring could not be mapped", "");
	return ring.fd;
}

static void ring_put(int operation, int flags, int ioprio, const long *a)
{
	unsigned tail = *ring_word(ring.params.sq_off.tail), slot = tail & *ring_word(ring.params.sq_off.ring_mask);

	ring.sqes[slot] = (struct io_uring_sqe){
		.opcode = operation,
		.flags = flags,
		.ioprio = ioprio,
		.fd = a[0],
		.addr = a[1],
		.len = a[2],
		.off = a[3],
		.rw_flags = a[4],
		.file_index = a[5],
	};
	ring_word(ring.params.sq_off.array)[slot] = slot;
	__atomic_store_n(ring_word(ring.params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
}

/* Does one request, and returns its result; 0 where a success leaves none. */
static long do_request(int operation, int flags, int ioprio, const long *a)
{
	static const long nothing[6];
	unsigned head = *ring_word(ring.params.cq_off.head), enter = IORING_ENTER_GETEVENTS, count = 1;
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring.rings + ring.params.cq_off.cqes);
	long result;

	ring_put(operation, flags, ioprio, a);
	if (flags & IOSQE_CQE_SKIP_SUCCESS) {
		ring_put(IORING_OP_NOP, 0, 0, nothing);
		count = 2;
	}
	if (ring.params.flags & IORING_SETUP_SQPOLL)
		enter |= IORING_ENTER_SQ_WAKEUP;
	do {
		result = syscall(SYS_io_uring_enter, ring.fd, count, 1, enter, NULL, 0);
		count = 0;
	} while (result >= 0 && __atomic_load_n(ring_word(ring.params.cq_off.tail), __ATOMIC_ACQUIRE) == head);
	if (result < 0)
		die("the io_uring does not take requests", "");
	result = cqes[head & *ring_word(ring.params.cq_off.ring_mask)].res;
	__atomic_store_n(ring_word(ring.params.cq_off.head), *ring_word(ring.params.cq_off.tail), __ATOMIC_RELEASE);
	return result;
}

/* The `:join` that belongs to the step at i. */
static int matching_join(int i)
{
	int depth = 0;

	for (i++; i < nsteps; i++) {
		if (steps[i].kind == JOIN && depth-- == 0)
			return i;
		if (steps[i].forks || steps[i].kind == THREAD)
			depth++;
	}
	die("there is no :join", "");
	return 0;
}

static int run(int i);

static void *run_thread(void *first)
{
	run((int)(intptr_t)first);
	return NULL;
}

static int join_thread(int i)
{
	int join = matching_join(i);
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_thread, (void *)(intptr_t)(i + 1)))
		die("no thread could be made", "");
	pthread_join(thread, NULL);
	return join;
}

static void become_orphan(void)
{
	struct pollfd parent = { .fd = syscall(SYS_pidfd_open, getppid(), 0), .events = POLLIN };

	kill(getppid(), SIGKILL);
	if (parent.fd < 0 || poll(&parent, 1, -1) != 1)
		die("the parent does not end", "");
	close(parent.fd);
}

static __attribute__((noreturn)) void run_child(int i)
{
	report(i, 0, -1);
	run(i + 1);
	_exit(0);
}

/* Does the steps from i on, up to the `:join` that ends them; returns that step. */
static int run(int i)
{
	for (; i < nsteps && steps[i].kind != JOIN; i++) {
		struct step *s = &steps[i];
		long args[6] = { 0 };
		int at = 0, status;
		char byte;
		long ret;

		if (s->kind == THREAD) {
			i = join_thread(i);
			continue;
		}
		if (s->kind == HOLD) {
			report(i, 0, -1);
			while (read(STDIN_FILENO, &byte, 1) > 0)
				;
			continue;
		}
		if (s->kind == ORPHAN) {
			become_orphan();
			report(i, 0, -1);
			continue;
		}
		for (int n = 0; at < s->nargs; n++)
			args[n] = parse_arg(s, &at);
		if (s->kind == RING)
			ret = make_ring(args[0]);
		else if (s->kind == URING)
			ret = do_request(s->nr, s->flags, s->ioprio, args);
		else
			ret = s->kind == CALL32 ? call32(s->nr, args) : call64(s->nr, args);
		if (s->forks && ret == 0)
			run_child(i);
		s->ret = ret;
		report(i, ret, -1);
		if (!s->forks)
			continue;
		i = matching_join(i);
		if (ret > 0 && syscall(SYS_wait4, ret, &status, __WALL, NULL) == ret)
			report(i, ret, status);
	}
	return i;
}

/* --- the command line --- */

static void parse_name(struct step *s)
{
	char *more;

	if (!strcmp(s->name, ":hold")) {
		s->kind = HOLD;
	} else if (!strcmp(s->name, ":orphan")) {
		s->kind = ORPHAN;
	} else if (!strcmp(s->name, ":ring")) {
		s->kind = RING;
	} else if (!strcmp(s->name, ":thread")) {
		s->kind = THREAD;
	} else if (!strcmp(s->name, ":join")) {
		s->kind = JOIN;
	} else if (!strncmp(s->name, "ia32:", 5)) {
		s->kind = CALL32;
		s->nr = atoi(s->name + 5);
		s->forks = s->nr == 2 || s->nr == 120 || s->nr == 190 || s->nr == 435; /* fork clone vfork clone3 */
	} else if (!strncmp(s->name, "uring:", 6)) {
		s->kind = URING;
		s->nr = strtol(s->name + 6, &more, 0);
		s->flags = strtol(more + 1, &more, 0);
		s->ioprio = strtol(more + 1, NULL, 0);
	} else if (!strncmp(s->name, "nr:", 3)) {
		s->nr = strtol(s->name + 3, NULL, 0);
		s->forks = s->nr == SYS_fork || s->nr == SYS_vfork || s->nr == SYS_clone || s->nr == SYS_clone3;
	} else {
		die("no such call", s->name);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct step *s = &steps[nsteps++];

		if (nsteps > MAX_STEPS)
			die("too many steps", "");
		s->name = argv[i];
		s->args = argv + i + 1;
		for (i++; i < argc && strcmp(argv[i], ","); i++)
			s->nargs++;
		parse_name(s);
	}
	syscall(SYS_dup2, -7, -7);
	run(0);
	return 0;
}
