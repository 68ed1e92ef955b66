# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of the text and JSON of alerts."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key
from tiercel.config.limit_settings import alert_limits
from tiercel.schema.alert_formats import FORMATS

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key("append_output", "append_output", read.append_output, "what to add to outputs and fields of alerts, by rule"),
    Key(
        "alert_limits",
        "alert_limits",
        alert_limits,
        "limits of repeated alerts: {rules, tags, priorities, fields, window, max}; summaries report the others",
    ),
    Key("json_output", "json_output", read.boolean, "alerts as JSON"),
    Key(
        "output_format",
        "output_format",
        read.one_of(*FORMATS),
        "format of alerts; by default `falco` with json_output, otherwise `text`",
    ),
    Key("json_include_output_property", "json_include_output", read.boolean, "JSON: the key `output`"),
    Key("json_include_message_property", "json_include_message", read.boolean, "JSON: the key `message`"),
    Key(
        "json_include_output_fields_property",
        "json_include_output_fields",
        read.boolean,
        "JSON: the key `output_fields`",
    ),
    Key("json_include_tags_property", "json_include_tags", read.boolean, "JSON: the key `tags`"),
    Key(
        "time_format_iso_8601",
        "time_format_iso_8601",
        read.boolean,
        "UTC date and time instead of the local time of day",
    ),
    Key("buffer_format_base64", "buffer_format_base64", read.boolean, "byte buffers in base64"),
)
