// SPDX-License-Identifier: Apache-2.0
// Plain functions around RE2 that pass no exception on. The options and the repair of texts are Falco's: POSIX syntax,
// leftmost-longest, the whole text, and valid UTF-8 only, with U+FFFD in place of invalid bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <new>
#include <string>

#include <re2/re2.h>

// A compiled pattern, with error() set if it is invalid; NULL without memory.
static inline re2::RE2 *re2_new(const char *pattern, size_t size) noexcept
{
	try {
		re2::RE2::Options options(re2::RE2::POSIX);

		options.set_log_errors(false);
		return new re2::RE2({ pattern, size }, options);
	} catch (...) {
		return nullptr;
	}
}

static inline void re2_free(re2::RE2 *regex) noexcept
{
	delete regex;
}

static inline const char *re2_error(const re2::RE2 *regex) noexcept
{
	return regex->ok() ? nullptr : regex->error().c_str();
}

// Bytes of the UTF-8 sequence at `text`, or minus the bytes that one replacement character stands for: as many as begin
// a sequence (Unicode 3.9, substitution of maximal subparts).
static inline ptrdiff_t utf8_sequence(const uint8_t *text, const uint8_t *end) noexcept
{
	uint8_t first = text[0], low = 0x80, high = 0xbf;
	ptrdiff_t length, at;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	for (at = 1; at < length; at++) {
		if (text + at == end || text[at] < low || text[at] > high)
			return -at;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

static inline const uint8_t *utf8_valid_until(const uint8_t *text, const uint8_t *end) noexcept
{
	ptrdiff_t length = 1;

	while (text < end && length > 0) {
		length = utf8_sequence(text, end);
		if (length > 0)
			text += length;
	}
	return text;
}

static inline std::string utf8_repaired(const uint8_t *text, const uint8_t *end)
{
	std::string whole;
	ptrdiff_t length;

	whole.reserve(end - text + 32);
	while (text < end) {
		length = utf8_sequence(text, end);
		if (length > 0) {
			whole.append(reinterpret_cast<const char *>(text), length);
			text += length;
		} else {
			whole.append("\xef\xbf\xbd");
			text -= length;
		}
	}
	return whole;
}

// Whether the pattern, one without error, matches the whole text; not without memory to repair the text.
static inline bool re2_match(const re2::RE2 *regex, const uint8_t *text, size_t size) noexcept
{
	const uint8_t *end = text + size;

	try {
		if (utf8_valid_until(text, end) == end)
			return regex->Match({ reinterpret_cast<const char *>(text), size }, 0, size,
					    re2::RE2::ANCHOR_BOTH, nullptr, 0);

		std::string whole = utf8_repaired(text, end);
		return regex->Match(whole, 0, whole.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
	} catch (...) {
		return false;
	}
}
