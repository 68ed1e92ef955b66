# SPDX-License-Identifier: Apache-2.0
"""Table of the configuration keys: name in a file, attribute, reader and description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from tiercel.compiler import PathMatching
from tiercel.config import values as read
from tiercel.config.container_engines import container_engines
from tiercel.config.container_settings import MAX_WAIT_MS
from tiercel.config.values import ConfigValue
from tiercel.frozen import frozen

__all__ = ["KEYS", "Key"]


@frozen
class Key:
    """One setting: its name in a file, the attribute of :class:`Config` that it sets, and its description."""

    name: str
    attribute: str
    read: Callable[[ConfigValue], Any]
    doc: str


_PRIORITIES: Final = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "info",
    "debug",
)

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "path_matching",
        "path_matching",
        read.one_of(*get_args(PathMatching)),
        "which truth of a path rules see",
    ),
    Key(
        "rule_matching",
        "rule_matching",
        read.one_of("first", "all"),
        "alert for the first rule that matches, or for all",
    ),
    Key("priority", "priority", read.one_of(*_PRIORITIES), "the least urgent priority of rules that are loaded"),
    Key("rules_files", "rules_files", read.paths, "rule files and folders, where -r names none"),
    Key("rules", "rules", read.selections, "rules to enable and disable, by name or tag, in order"),
    Key("append_output", "append_output", read.append_output, "what to add to outputs and fields of alerts, by rule"),
    Key(
        "static_fields",
        "static_fields",
        read.static_fields,
        "texts that rules can use as fields: `env` is static.env",
    ),
    Key("json_output", "json_output", read.boolean, "alerts as JSON"),
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
    Key("stdout_output.enabled", "stdout_output", read.boolean, "alerts to standard output"),
    Key("file_output.enabled", "file_output", read.boolean, "alerts to a file as well"),
    Key("file_output.filename", "file_output_filename", read.text, "that file"),
    Key("file_output.keep_alive", "file_output_keep_alive", read.boolean, "hold the file open between alerts"),
    Key("outputs", "outputs", read.output_choices, "more outputs, by registered name, with their options"),
    Key(
        "outputs_queue.capacity",
        "queue_capacity",
        read.number_between(1, 1 << 24),
        "alerts that may wait for Python",
    ),
    Key(
        "outputs_queue.overflow",
        "queue_overflow",
        read.one_of("drop_oldest", "drop_newest", "block"),
        "what a full queue does; losses are counted",
    ),
    Key(
        "engine.kind",
        "engine_kind",
        read.one_of("modern_ebpf", "replay", "kmod", "ebpf", "gvisor", "nodriver"),
        "where events come from: modern_ebpf (the live kernel; kmod and ebpf are read as it) or replay",
    ),
    Key("engine.replay.capture_file", "capture_file", read.text, "the capture that is evaluated if that is replay"),
    Key(
        "engine.modern_ebpf.buf_size_preset",
        "buf_size_preset",
        read.number_between(1, 10),
        "ring buffers of every two CPUs: 1 (1 MiB) to 10 (512 MiB)",
    ),
    Key(
        "falco_libs.snaplen",
        "libs_snaplen",
        read.number_between(0, 65_000),
        "most bytes of what is read, written, sent or received that an event carries; 0: 80",
    ),
    Key(
        "container_metadata.wait_ms",
        "container_wait_ms",
        read.number_between(0, MAX_WAIT_MS),
        "ms that events of a new container wait for what rules need to know of it; 0: they do not",
    ),
    Key(
        "container_metadata.unknown",
        "container_unknown",
        read.one_of("match", "skip"),
        "a match that hangs on what is not known of a container: match (as Falco), and say so, or skip",
    ),
    Key("capture.enabled", "capture_enabled", read.boolean, "rules with `capture: true` write captures (live sensor)"),
    Key(
        "capture.path_prefix", "capture_path_prefix", read.text, "what names of captures begin with (a private folder)"
    ),
    Key(
        "capture.mode",
        "capture_mode",
        read.one_of("rules", "all_rules"),
        "rules with `capture: true` start captures, or all_rules",
    ),
    Key(
        "capture.default_duration",
        "capture_duration_ms",
        read.number_between(0, 86_400_000),
        "ms that a capture goes on after a match, if its rule has no capture_duration",
    ),
    Key(
        "capture.before_duration",
        "capture_before_ms",
        read.number_between(0, 3_600_000),
        "ms before the match that a capture holds, or more; 0: it begins with the match, as Falco's",
    ),
    Key(
        "capture.max_file_size_mb", "capture_max_mb", read.number_between(0, 1 << 20), "a capture ends there; 0: never"
    ),
    Key(
        "capture.buffer_mb",
        "capture_buffer_mb",
        read.number_between(1, 1 << 14),
        "memory for what happened before a match, and for what waits to be written",
    ),
    Key(
        "container_engines",
        "container_engines",
        container_engines,
        "who is asked about containers: docker, podman, cri, containerd: {enabled, sockets}, static: {enabled, "
        "container_id, container_name, container_image}, lxc, libvirt_lxc, bpm: {enabled}, and label_max_len",
    ),
    Key(
        "kubernetes.enabled",
        "kubernetes_enabled",
        read.automatic,
        "ask the API server for fields k8smeta.*; auto: where a pod's service account or a kubeconfig is there",
    ),
    Key(
        "kubernetes.node_name",
        "kubernetes_node_name",
        read.text,
        "this node's name in the cluster, with ${VARIABLES}; empty: $TIERCEL_NODE_NAME, $NODE_NAME, or the machine's",
    ),
    Key(
        "kubernetes.kubeconfig",
        "kubernetes_kubeconfig",
        read.text,
        "file that says where the server is and who asks; empty: the service account of the pod",
    ),
)
