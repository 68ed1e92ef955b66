/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log of libbpf messages, for error texts.
 *
 * libbpf has one print callback per process, and several threads load objects at the same time.  The callback appends to
 * the log of the current thread.  For a thread without a log (another user of libbpf in this process) it calls the
 * previous callback.  This file does not use Python.
 */
#ifndef TIERCEL_LIBBPF_LOG_H
#define TIERCEL_LIBBPF_LOG_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

/* Log limit.  A verifier log can have 16 MB; its end contains the error. */
#define LIBBPF_LOG_MAX (64 * 1024)
#define LIBBPF_LOG_HEAD 512

struct libbpf_log {
	size_t used;
	char text[LIBBPF_LOG_MAX];
};

static __thread __attribute__((unused)) struct libbpf_log *libbpf_log_current;
static __thread __attribute__((unused)) int libbpf_log_nested;
static __attribute__((unused)) libbpf_print_fn_t libbpf_log_previous;

/* Append to the log.  A full log drops text from the middle and keeps the first and the last lines. */
static inline void libbpf_log_append(struct libbpf_log *log, const char *text, size_t length)
{
	static const char gap[] = "\n[...]\n";
	const size_t keep = LIBBPF_LOG_HEAD + sizeof(gap) - 1;
	size_t room = LIBBPF_LOG_MAX - log->used, drop;

	if (length <= room) {
		memcpy(log->text + log->used, text, length);
		log->used += length;
		return;
	}
	if (log->used < keep) {
		size_t head = keep - log->used;

		memcpy(log->text + log->used, text, head);
		log->used += head;
		text += head;
		length -= head;
	}
	memcpy(log->text + LIBBPF_LOG_HEAD, gap, sizeof(gap) - 1);
	if (length >= LIBBPF_LOG_MAX - keep) {
		text += length - (LIBBPF_LOG_MAX - keep);
		length = LIBBPF_LOG_MAX - keep;
		log->used = keep;
	}
	if (length > LIBBPF_LOG_MAX - log->used) {
		drop = length - (LIBBPF_LOG_MAX - log->used);
		memmove(log->text + keep, log->text + keep + drop, log->used - keep - drop);
		log->used -= drop;
	}
	memcpy(log->text + log->used, text, length);
	log->used += length;
}

static inline int libbpf_log_print(enum libbpf_print_level level, const char *format, va_list args)
{
	char *text = NULL;
	int length;

	if (!libbpf_log_current) {
		libbpf_print_fn_t previous = libbpf_log_previous;

		if (!previous || libbpf_log_nested)
			return 0;
		libbpf_log_nested = 1;
		length = previous(level, format, args);
		libbpf_log_nested = 0;
		return length;
	}
	if (level == LIBBPF_DEBUG)
		return 0;
	length = vasprintf(&text, format, args);
	if (length < 0)
		return 0;
	libbpf_log_append(libbpf_log_current, text, (size_t)length);
	free(text);
	return length;
}

/* Append libbpf messages of this thread to `log`, until libbpf_log_end. */
static inline void libbpf_log_begin(struct libbpf_log *log)
{
	libbpf_print_fn_t before = libbpf_set_print(libbpf_log_print);

	if (before != libbpf_log_print)
		libbpf_log_previous = before;
	log->used = 0;
	libbpf_log_current = log;
}

static inline void libbpf_log_end(void)
{
	libbpf_log_current = NULL;
}

#endif
