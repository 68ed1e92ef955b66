# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of outputs and of the alert queue."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key
from tiercel.config.keys.operation import duration
from tiercel.config.output_settings import MAX_SPOOL_MB, spool_choices
from tiercel.schema.alert_formats import FORMATS

__all__ = ["KEYS"]

_SIZE: Final = read.number_between(0, 1 << 40)
_FORMAT: Final = read.one_of(*FORMATS)

KEYS: Final[tuple[Key, ...]] = (
    Key("stdout_output.enabled", "stdout_output", read.boolean, "alerts to standard output", "off by default"),
    Key("stdout_output.format", "stdout_output_format", _FORMAT, "format of these alerts; by default as output_format"),
    Key("file_output.enabled", "file_output.enabled", read.boolean, "alerts to a file as well"),
    Key("file_output.filename", "file_output.filename", read.text, "that file"),
    Key("file_output.keep_alive", "file_output.keep_alive", read.boolean, "hold the file open between alerts"),
    Key("file_output.format", "file_output.format", _FORMAT, "format of these alerts; by default as output_format"),
    Key("file_output.rotate_bytes", "file_output.rotate_bytes", _SIZE, "rotate a file of this size; 0: any size"),
    Key(
        "file_output.rotate_every",
        "file_output.rotate_every_ms",
        duration,
        "rotate with the first alert of each such period, in UTC, as 1d; by default never",
    ),
    Key("file_output.rotate_keep", "file_output.rotate_keep", read.number_between(1, 1000), "number of old files"),
    Key("file_output.rotate_compress", "file_output.rotate_compress", read.boolean, "compress old files by gzip"),
    Key("syslog_output.enabled", "syslog_output", read.boolean, "alerts to the local syslog as well"),
    Key("syslog_output.format", "syslog_output_format", _FORMAT, "format of these alerts; by default as output_format"),
    Key("program_output.enabled", "program_output.enabled", read.boolean, "alerts to a program as well"),
    Key("program_output.program", "program_output.program", read.text, "that program, a command for the shell"),
    Key("program_output.keep_alive", "program_output.keep_alive", read.boolean, "one process for all alerts"),
    Key(
        "program_output.format", "program_output.format", _FORMAT, "format of these alerts; by default as output_format"
    ),
    Key("http_output.enabled", "http_output.enabled", read.boolean, "alerts to an HTTP server as well: tiercel[http]"),
    Key("http_output.format", "http_output.format", _FORMAT, "format of these alerts; by default as output_format"),
    Key("http_output.url", "http_output.url", read.text, "that server"),
    Key("http_output.user_agent", "http_output.user_agent", read.text, "the header User-Agent"),
    Key("http_output.insecure", "http_output.insecure", read.boolean, "accept any certificate"),
    Key("http_output.ca_cert", "http_output.ca_cert", read.text, "file with certificates of authorities"),
    Key("http_output.ca_bundle", "http_output.ca_bundle", read.text, "the same, if ca_cert is empty"),
    Key("http_output.ca_path", "http_output.ca_path", read.text, "folder of them, if both are empty"),
    Key("http_output.mtls", "http_output.mtls", read.boolean, "present a certificate"),
    Key("http_output.client_cert", "http_output.client_cert", read.text, "file with that certificate"),
    Key("http_output.client_key", "http_output.client_key", read.text, "file with its key"),
    Key("http_output.echo", "http_output.echo", read.boolean, "print the responses on standard output"),
    Key("http_output.compress_uploads", "http_output.compress_uploads", read.boolean, "compress alerts by gzip"),
    Key("http_output.keep_alive", "http_output.keep_alive", read.boolean, "probe idle connections"),
    Key(
        "http_output.max_consecutive_timeouts",
        "http_output.max_consecutive_timeouts",
        read.number_between(0, 255),
        "more timeouts in a row lose the alert; 0: never",
        "only timeouts are retried, at 0 none; here other network errors, and the statuses 408, 425, 429 and 5xx, too",
    ),
    Key(
        "output_timeout",
        "output_timeout_ms",
        read.number_between(1, 3_600_000),
        "ms after which a delivery that does not return is reported",
        "the other outputs wait; here they go on",
    ),
    Key("outputs", "outputs", read.output_choices, "more outputs, by registered name, with their options"),
    Key(
        "outputs_queue.capacity",
        "queue_capacity",
        read.capacity(1 << 24),
        "alerts that may wait for Python; 0: the most, 16,777,216 (all together have at most 16 MiB)",
        falco="0, the default, has no limit",
    ),
    Key(
        "outputs_queue.overflow",
        "queue_overflow",
        read.one_of("drop_oldest", "drop_newest", "block"),
        "what a full queue does; losses are counted",
    ),
    Key(
        "outputs_spool.enabled",
        "spool.enabled",
        read.boolean,
        "alerts for remote outputs wait on disk, also over restarts",
    ),
    Key("outputs_spool.path", "spool.path", read.text, "private folder of these files; default /var/lib/tiercel/spool"),
    Key(
        "outputs_spool.max_mb",
        "spool.max_mb",
        read.number_between(1, MAX_SPOOL_MB),
        "size of each; the oldest are lost",
    ),
    Key("outputs_spool.outputs", "spool.outputs", spool_choices, "others by output, as {http: {max_mb: 1024}}"),
)
