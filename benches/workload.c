// SPDX-License-Identifier: Apache-2.0
/*
 * What the live benches measure a sensor with: one loop, on one CPU, timed from inside.
 *
 *	workload CPU open COUNT		COUNT times openat and close of /usr/bin/true
 *	workload CPU exec COUNT		COUNT times vfork, execve of /bin/true and wait
 *
 * Says "ready", waits for a line on standard input, runs, and prints the nanoseconds that each round took; again for
 * each further line, until standard input ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void open_close(void)
{
	int fd = openat(AT_FDCWD, "/usr/bin/true", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		exit(1);
	close(fd);
}

static void exec_true(void)
{
	static char *const args[] = { "true", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve("/bin/true", args, args + 1);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	void (*round)(void);
	char line[16];
	cpu_set_t cpus;
	long count;

	if (argc != 4)
		return 2;
	round = strcmp(argv[2], "open") ? exec_true : open_close;
	count = atol(argv[3]);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		double began = seconds();

		for (long i = 0; i < count; i++)
			round();
		printf("%.1f\n", (seconds() - began) * 1e9 / count);
		fflush(stdout);
	}
	return 0;
}
