/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log of libbpf messages, for error texts and for the logger `tiercel.libbpf`.
 *
 * libbpf has one print callback per process, and several threads load objects at the same time.  The callback appends to
 * the log of the current thread.  For a thread without a log (another user of libbpf in this process) it calls the
 * previous callback.  This file does not use Python.
 *
 * `text` has warnings and informational messages without their levels, for the text of an error.  `messages` has the
 * messages up to the level `wanted`, debug messages too: a digit for the level, the text, and a zero byte.
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
/* Limit of `messages`; debug messages of one object have about 2 MB. */
#define LIBBPF_MESSAGES_MAX (8 * 1024 * 1024)

struct libbpf_log {
	size_t used;
	int wanted; /* highest enum libbpf_print_level in `messages`; -1: none */
	char *messages;
	size_t messages_used;
	size_t messages_size;
	size_t messages_lost; /* messages without room */
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

/* Append a message with its level; `length` is that of the text. */
static inline void libbpf_log_keep(struct libbpf_log *log, int level, const char *text, size_t length)
{
	size_t needed = log->messages_used + length + 2;

	if (needed > log->messages_size) {
		size_t size = needed * 2 > LIBBPF_MESSAGES_MAX ? LIBBPF_MESSAGES_MAX : needed * 2;
		char *larger = needed > LIBBPF_MESSAGES_MAX ? NULL : realloc(log->messages, size);

		if (!larger) {
			log->messages_lost++;
			return;
		}
		log->messages = larger;
		log->messages_size = size;
	}
	log->messages[log->messages_used] = (char)('0' + level);
	memcpy(log->messages + log->messages_used + 1, text, length + 1);
	log->messages_used = needed;
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
	if (level == LIBBPF_DEBUG && libbpf_log_current->wanted < LIBBPF_DEBUG)
		return 0;
	length = vasprintf(&text, format, args);
	if (length < 0)
		return 0;
	if (level != LIBBPF_DEBUG)
		libbpf_log_append(libbpf_log_current, text, (size_t)length);
	if ((int)level <= libbpf_log_current->wanted)
		libbpf_log_keep(libbpf_log_current, (int)level, text, (size_t)length);
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
	log->messages_used = 0;
	log->messages_lost = 0;
	libbpf_log_current = log;
}

static inline void libbpf_log_end(void)
{
	libbpf_log_current = NULL;
}

static inline void libbpf_log_free(struct libbpf_log *log)
{
	if (log)
		free(log->messages);
	free(log);
}

#endif
