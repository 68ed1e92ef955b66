/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls with a name that a second thread changes all the time: flip DIRECTORY CALL COUNT.  Prints, for each call that
 * succeeded and in their order, a letter for the name that the kernel has used, as its effect shows: v(ictim) or d(ecoy).
 *
 * The two names differ in one aligned word, so that the memory always holds the one or the other.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES 2
#define FLAGGED 0640
#define PLAIN 0600

static const char names[NAMES][8] = { "victim1", "decoy01" };
static union {
	char text[4096];
	_Atomic uint64_t words[512];
} buffer __attribute__((aligned(4096)));
static _Atomic uint64_t *name_word;
static _Atomic int done;
static _Atomic unsigned int beats; /* of the thread that changes the name */
static int dir;

static uint64_t word_of(int which)
{
	uint64_t word;

	memcpy(&word, names[which], sizeof(word));
	return word;
}

static void *flip(void *unused)
{
	unsigned int spins = 0;

	(void)unused;
	while (!done) {
		*name_word = word_of(0);
		for (volatile unsigned int i = 0; i < spins % 97; i++)
			;
		*name_word = word_of(1);
		for (volatile unsigned int i = 0; i < spins % 61; i++)
			;
		spins++;
		beats++;
	}
	return NULL;
}

/* Return when the other thread runs. */
static void wait_for_beat(void)
{
	unsigned int before = beats;

	while (beats == before)
		sched_yield();
}

static int has(int which)
{
	struct stat info;

	return !fstatat(dir, names[which], &info, AT_SYMLINK_NOFOLLOW);
}

static void make(int which)
{
	close(openat(dir, names[which], O_CREAT | O_WRONLY, PLAIN));
}

static void clear(void)
{
	for (int which = 0; which < NAMES; which++) {
		unlinkat(dir, names[which], 0);
		unlinkat(dir, names[which], AT_REMOVEDIR);
	}
	unlinkat(dir, "new", 0);
}

/* Which of the names a call has used that makes or removes one. */
static char changed(int was_there)
{
	for (int which = 0; which < NAMES; which++)
		if (has(which) != was_there)
			return names[which][0];
	return '?';
}

static char do_unlink(void)
{
	return syscall(SYS_unlink, buffer.text) ? 0 : changed(1);
}

static char do_chmod(void)
{
	struct stat info;

	if (syscall(SYS_chmod, buffer.text, FLAGGED))
		return 0;
	for (int which = 0; which < NAMES; which++)
		if (!fstatat(dir, names[which], &info, 0) && (info.st_mode & 07777) == FLAGGED)
			return names[which][0];
	return '?';
}

static char do_rename(void)
{
	return syscall(SYS_rename, buffer.text, "new") ? 0 : changed(1);
}

static char do_link(void)
{
	struct stat info, linked;

	if (syscall(SYS_link, buffer.text, "new") || fstatat(dir, "new", &linked, 0))
		return 0;
	for (int which = 0; which < NAMES; which++)
		if (!fstatat(dir, names[which], &info, 0) && info.st_ino == linked.st_ino)
			return names[which][0];
	return '?';
}

static char do_symlink(void)
{
	return syscall(SYS_symlink, "target", buffer.text) ? 0 : changed(0);
}

static char do_mkdir(void)
{
	return syscall(SYS_mkdir, buffer.text, 0700) ? 0 : changed(0);
}

static const struct {
	const char *name;
	char (*run)(void);
	int needs_files;
} calls[] = {
	{ "unlink", do_unlink, 1 }, { "chmod", do_chmod, 1 },	  { "rename", do_rename, 1 },
	{ "link", do_link, 1 },	    { "symlink", do_symlink, 0 }, { "mkdir", do_mkdir, 0 },
};

int main(int argc, char **argv)
{
	size_t at, length;
	pthread_t thread;
	int count;
	char used;

	if (argc != 4 || chdir(argv[1]))
		return 2;
	dir = open(".", O_RDONLY | O_DIRECTORY);
	length = strlen(argv[1]);
	memcpy(buffer.text, argv[1], length);
	at = (length + 8) & ~7UL;
	memset(buffer.text + length, '/', at - length);
	name_word = &buffer.words[at / 8];
	*name_word = word_of(0);
	count = atoi(argv[3]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(calls[i].name, argv[2]))
			continue;
		if (pthread_create(&thread, NULL, flip, NULL))
			return 2;
		while (count--) {
			clear();
			for (int which = 0; which < NAMES && calls[i].needs_files; which++)
				make(which);
			wait_for_beat();
			used = calls[i].run();
			if (used)
				putchar(used);
		}
		done = 1;
		pthread_join(thread, NULL);
		clear();
		return 0;
	}
	return 2;
}
