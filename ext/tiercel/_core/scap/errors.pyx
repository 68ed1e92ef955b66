# SPDX-License-Identifier: Apache-2.0
"""Capture errors as exceptions: one table of texts."""

import os

from tiercel._core.scap.reader cimport (
    SCAP_BAD_BLOCK,
    SCAP_BAD_EMPTY,
    SCAP_BAD_ENTRY,
    SCAP_BAD_ENTRY_LENGTH,
    SCAP_BAD_EVENT_LENGTH,
    SCAP_BAD_EXCESS,
    SCAP_BAD_FORM,
    SCAP_BAD_GZIP,
    SCAP_BAD_GZIP_TRAILING,
    SCAP_BAD_GZIP_TRUNCATED,
    SCAP_BAD_INTERFACE,
    SCAP_BAD_LENGTH,
    SCAP_BAD_MAGIC,
    SCAP_BAD_MEMORY,
    SCAP_BAD_NO_EVENTS,
    SCAP_BAD_PARAMS,
    SCAP_BAD_READ,
    SCAP_BAD_ROUNDS,
    SCAP_BAD_START,
    SCAP_BAD_TEXT,
    SCAP_BAD_TOO_LONG,
    SCAP_BAD_TRAILER,
    SCAP_BAD_TRUNCATED,
    SCAP_BAD_VERSION,
)

from tiercel.errors import CaptureError

DAMAGED = "what stands before was read; the rest of the capture cannot be"
OTHER_FILE = "captures are `.scap` files, plain or compressed by gzip"
OTHER_FORM = "the capture is damaged, or was written by a program that has its own forms of events"
CUT = "what stands before was read; the recording was interrupted, or the file was not copied whole"

# By error: code, text, hint. {number} and {expected} are the error's, {hex} is the number in hexadecimal.
TEXTS = {
    SCAP_BAD_EMPTY: ("E705", "the file is empty", OTHER_FILE),
    SCAP_BAD_START: ("E705", "the file does not begin as a capture does", OTHER_FILE),
    SCAP_BAD_MAGIC: ("E705", "the section header has {hex} where its magic number should be", OTHER_FILE),
    SCAP_BAD_VERSION: (
        "E709",
        "the capture has major version {number} of the format; {expected} is known",
        "write it with a program that knows version {expected}",
    ),
    SCAP_BAD_TRUNCATED: ("E704", "the capture ends inside of a block of type {hex} with {expected} bytes", CUT),
    SCAP_BAD_LENGTH: ("E703", "a block says that it has {number} bytes, where the least is {expected}", DAMAGED),
    SCAP_BAD_TRAILER: ("E703", "a block has length {number} at its end and {expected} at its beginning", DAMAGED),
    SCAP_BAD_BLOCK: ("E703", "a block of type {hex} stands between events", DAMAGED),
    SCAP_BAD_ENTRY: ("E703", "an entry of a table of type {hex} ends before its last member", DAMAGED),
    SCAP_BAD_ENTRY_LENGTH: (
        "E703", "an entry of a table says that it has {number} bytes, where the block has {expected} left", DAMAGED
    ),
    SCAP_BAD_TEXT: ("E703", "a text of a table has {number} bytes, where the most is {expected}", DAMAGED),
    SCAP_BAD_INTERFACE: ("E703", "a network interface is of the unknown kind {number}", DAMAGED),
    SCAP_BAD_EVENT_LENGTH: (
        "E703", "an event says that it has {number} bytes, where its block has room for {expected}", DAMAGED
    ),
    SCAP_BAD_PARAMS: ("E703", "the lengths of an event's parameters do not fit it; its type is {number}", DAMAGED),
    SCAP_BAD_TOO_LONG: ("E703", "a block says that it has {number} bytes, where the most is {expected}", DAMAGED),
    SCAP_BAD_NO_EVENTS: (
        "E706",
        "the capture has no events",
        "the recording was stopped before anything happened, or its filter let nothing through",
    ),
    SCAP_BAD_READ: ("E708", "the capture could not be read: {errno}", None),
    SCAP_BAD_GZIP: ("E703", "the compressed data is damaged", DAMAGED),
    SCAP_BAD_GZIP_TRUNCATED: ("E704", "the compressed data ends too early", CUT),
    SCAP_BAD_GZIP_TRAILING: ("E703", "something stands behind the compressed data", DAMAGED),
    SCAP_BAD_MEMORY: ("E708", "there is no memory to go on reading", None),
    SCAP_BAD_FORM: (
        "E707", "no conversion is known for an event of type {number} with {expected} parameters", OTHER_FORM
    ),
    SCAP_BAD_EXCESS: (
        "E707", "an event of type {number} has {expected} parameters, more than it has today", OTHER_FORM
    ),
    SCAP_BAD_ROUNDS: ("E707", "the conversion of an event of type {number} does not end", OTHER_FORM),
}


cdef object capture_error(const ScapError *error, str name):
    """Return the exception for an error of the reader; `name` is the file's."""
    code, text, hint = TEXTS[error.what]
    facts = {
        "number": error.number,
        "expected": error.expected,
        "hex": f"{error.number:#x}",
        "errno": os.strerror(error.number) if error.what == SCAP_BAD_READ else "",
    }
    return CaptureError(
        code, text.format(**facts), name=name, offset=error.offset, hint=hint.format(**facts) if hint else None
    )
