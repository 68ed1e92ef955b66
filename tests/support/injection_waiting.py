# SPDX-License-Identifier: Apache-2.0
"""Injected cases that wait, by file and name, each with the reason."""

from __future__ import annotations

_OTHER_API = "asks for a function of Falco's engine that this one has no use for"
_LIVE = "is about a live system"
_SUPPRESSED = "threads can be left out by name in Falco's engine, which Falco itself does not use"
_BY_HAND = "changes the state by hand in the middle: no capture says that"
_GIVEN = "a text is given to the engine by hand, not by events"
_TEXT = "the texts of alerts are valid Unicode"
_LANGUAGE = "the language of conditions is that of Falco's rules, which refuses this"
_MESSAGE = "Falco's messages always go on where a field is missing"
_LARGE = "ids of more than 32 bits are those of no Linux"

STATE: dict[str, str] = {
    "events_evt-event_category": "categories are texts here, not numbers",
    "events_evt-event_hostname": _LIVE,
    "events_injection-event_async_queue": _LIVE,
    "events_param-filename_toctou": _OTHER_API,
    "events_param-invalid_string_len": _OTHER_API,
    "evt-EVT_FILTER_check_evt_arg_uid": _GIVEN,
    "evt-EVT_FILTER_data_buffer_str": _OTHER_API,
    "mock-check_some_fd_fields": _OTHER_API,
    "parse_connect-CONNECT_unix_socket_invalid_utf8": _OTHER_API,
    "proc-PROC_FILTER_nchilds": _BY_HAND,
    "proc-PROC_FILTER_nthreads": _BY_HAND,
    "proc-PROC_FILTER_pgid_family": _BY_HAND,
    "sinsp_observer-sinsp_observer": _OTHER_API,
    "suppress-suppress_comm": _SUPPRESSED,
    "suppress-suppress_comm_execve": _SUPPRESSED,
    "thread_table-THRD_TABLE_max_table_size": _OTHER_API,
    "thread_table-THRD_TABLE_traverse_default_tree": _OTHER_API,
    "user-USER_FILTER_extract_from_default_user_entry": _GIVEN,
    "user-USER_FILTER_extract_from_existent_user_entry": _GIVEN,
    "user-USER_FILTER_extract_from_existent_user_entry_without_metadata": _GIVEN,
    "user-USER_FILTER_extract_from_loaded_user_entry": _GIVEN,
}
"""Of the state."""

RULES: dict[str, str] = {
    "evt-EVT_FILTER_check_evt_arg_uid": _BY_HAND,
    "evt-EVT_FILTER_data_buffer_str": _OTHER_API,
    "eventformatter-continue_on_null": _MESSAGE,
    "eventformatter-continue_on_null_json": _MESSAGE,
    "eventformatter-stop_on_null": _MESSAGE,
    "eventformatter-stop_on_null_json": _MESSAGE,
    "events_evt-event_hostname": _LIVE,
    "events_file-file_open_invalid_utf8": _TEXT,
    "events_param-filename_toctou": _OTHER_API,
    "events_proc-pid_over_32bit": _LARGE,
    "filter_compiler-filter_transformers_combination": _LANGUAGE,
    "parse_ptrace-PTRACE_parse_ptrace_success": _OTHER_API,
    "proc-PROC_FILTER_nchilds": _BY_HAND,
    "proc-PROC_FILTER_nthreads": _BY_HAND,
    "proc-PROC_FILTER_pgid_family": _BY_HAND,
    "user-USER_FILTER_extract_from_default_user_entry": _BY_HAND,
    "user-USER_FILTER_extract_from_existent_user_entry": _BY_HAND,
    "user-USER_FILTER_extract_from_existent_user_entry_without_metadata": _BY_HAND,
    "user-USER_FILTER_extract_from_loaded_user_entry": _BY_HAND,
}
"""Of what rules see."""
