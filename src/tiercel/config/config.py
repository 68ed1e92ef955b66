# SPDX-License-Identifier: Apache-2.0
"""Configuration: a YAML file (``-c``) and single settings (``-o KEY=VALUE``), with Falco's names for what Falco has.

A key that exists neither in tiercel nor in Falco is an error. A key of Falco only is accepted and listed in
:attr:`Config.ignored`, so that a ``falco.yaml`` can be used as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from tiercel.alerts.alert import Style
from tiercel.compiler import AppendOutput, PathMatching
from tiercel.config.capture_settings import CaptureSettings
from tiercel.config.container_settings import ContainerSettings
from tiercel.config.falco_plugins import PluginSettings, plugins
from tiercel.config.keys import KEYS
from tiercel.config.tree import Place, Settings, parse_option
from tiercel.config.values import ConfigValue, OutputChoice, Selection
from tiercel.containers.settings import EngineSettings
from tiercel.errors import ConfigError
from tiercel.frozen import field, frozen, replace
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.lang.suggest import suggest
from tiercel.response.settings import ResponseSettings

__all__ = ["Config", "OutputChoice", "Selection"]

_PRESETS: Final = frozenset({"", "c", "container", "k", "kubernetes"})


@frozen
class Config:
    """All settings with their defaults; :data:`KEYS` contains their names in a file.

    Attributes:
        ignored: given keys of Falco that have no effect here.
    """

    path_matching: PathMatching = "both"
    rule_matching: Literal["first", "all"] = "first"
    priority: str = "debug"
    rules_files: tuple[str, ...] = ()
    rules: tuple[Selection, ...] = ()
    append_output: tuple[AppendOutput, ...] = ()
    static_fields: Mapping[str, str] = field(default_factory=dict)
    json_output: bool = False
    json_include_output: bool = True
    json_include_message: bool = False
    json_include_output_fields: bool = True
    json_include_tags: bool = True
    time_format_iso_8601: bool = False
    buffer_format_base64: bool = False
    stdout_output: bool = True
    file_output: bool = False
    file_output_filename: str = ""
    file_output_keep_alive: bool = False
    outputs: tuple[OutputChoice, ...] = ()
    queue_capacity: int = 65536
    queue_overflow: Literal["drop_oldest", "drop_newest", "block"] = "drop_oldest"
    buf_size_preset: int = 4
    libs_snaplen: int = 0
    capture_enabled: bool = False
    capture_path_prefix: str = ""
    capture_mode: Literal["rules", "all_rules"] = "rules"
    capture_duration_ms: int = 5000
    capture_max_mb: int = 0
    capture_before_ms: int = 5000
    capture_buffer_mb: int = 64
    container_engines: EngineSettings = EngineSettings()
    kubernetes_enabled: bool | None = None
    kubernetes_node_name: str = ""
    kubernetes_kubeconfig: str = ""
    container_wait_ms: int = 500
    container_unknown: Literal["match", "skip"] = "match"
    responses: ResponseSettings = ResponseSettings()
    engine_kind: str = "modern_ebpf"
    capture_file: str = ""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def ring_bytes(self) -> int:
        """Size of the ring buffers of two CPUs for file and network events: presets 1 to 10 are 1 MiB to 512 MiB."""
        return 1 << (19 + self.buf_size_preset)

    @property
    def snaplen(self) -> int:
        """Maximum number of payload bytes of an event; 0 selects the default, as in Falco."""
        return self.libs_snaplen or 80

    @property
    def delivers(self) -> bool:
        """True if an output is enabled."""
        return self.stdout_output or self.file_output or bool(self.outputs)

    @property
    def replays(self) -> bool:
        """True if events come from :attr:`capture_file`, and not from the live kernel."""
        return self.engine_kind == "replay"

    @property
    def captures(self) -> CaptureSettings | None:
        """Settings of triggered captures; None if rules start no captures."""
        if not self.capture_enabled:
            return None
        return CaptureSettings(
            path_prefix=self.capture_path_prefix or None,
            mode=self.capture_mode,
            duration=self.capture_duration_ms / 1000,
            before=self.capture_before_ms / 1000,
            max_bytes=self.capture_max_mb << 20 or None,
            buffer_bytes=self.capture_buffer_mb << 20,
        )

    @property
    def kubernetes(self) -> KubernetesSettings:
        """Location of the cluster's API server."""
        return KubernetesSettings(
            enabled=self.kubernetes_enabled,
            node_name=self.kubernetes_node_name,
            kubeconfig=self.kubernetes_kubeconfig,
        )

    @property
    def containers(self) -> ContainerSettings:
        """Settings of container metadata: lookups, and events without metadata."""
        return ContainerSettings(
            wait_ms=self.container_wait_ms,
            unknown=self.container_unknown,
            engines=self.container_engines,
            kubernetes=self.kubernetes,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None, options: Iterable[str] = ()) -> Config:
        """Read a file, then apply ``KEY=VALUE`` options.

        Args:
            path: a YAML file, or None.
            options: each as after ``-o``: dots and ``[n]`` select a member, ``[]`` appends, a backslash escapes; a
                value in braces is YAML.

        Raises:
            ConfigError: E602 the file cannot be read, E603 unknown key, E604 invalid value.
        """
        settings = Settings.load(path) if path is not None else Settings()
        for option in options:
            parse_option(option).apply(settings)
        _rename(settings)
        built_in = _plugins(settings)
        config = replace(cls(), **built_in.values)
        ignored = [*built_in.ignored]
        for name, value, place in settings.leaves(stop={*_BY_NAME, *_PLUGINS}):
            key = _BY_NAME.get(name)
            if key is None:
                if name not in _PLUGINS:
                    ignored.append(_falco_key(name, value, place))
                continue
            config = _with(config, key.attribute, key.read(ConfigValue(name, value, settings.places)))
        if config.replays and not config.capture_file:
            raise ConfigError("E604", "engine.kind is replay, without a capture", hint="set engine.replay.capture_file")
        if (why := _WATCH_OTHERS.get(config.engine_kind)) is not None:
            hint = "set engine.kind to modern_ebpf (the live kernel) or replay"
            place = settings.places.get("engine.kind")
            raise ConfigError("E604", f"engine.kind {config.engine_kind} {why}", hint=hint, span=place)
        if config.engine_kind not in ("modern_ebpf", "replay"):
            ignored.append("engine.kind")
        if config.file_output and not config.file_output_filename:
            raise ConfigError("E604", "file_output is enabled without a file", hint="set file_output.filename")
        return replace(config, ignored=tuple(dict.fromkeys(ignored)))

    def appending(self, output: str) -> Config:
        """Return the configuration with one more text for the output of every rule; Falco's old presets are ignored."""
        if output in _PRESETS:
            return self
        return replace(self, append_output=(*self.append_output, AppendOutput(output)))

    @property
    def style(self) -> Style:
        """Format of alerts."""
        return Style(
            iso_time=self.time_format_iso_8601,
            json_output=self.json_include_output,
            json_message=self.json_include_message,
            json_fields=self.json_include_output_fields,
            json_tags=self.json_include_tags,
            base64_buffers=self.buffer_format_base64,
        )


# --- Keys of Falco -------------------------------------------------------------------------------------------------

_BY_NAME: Final = {key.name: key for key in KEYS}

# Keys that falco_plugins reads, before all others: the others take precedence.
_PLUGINS: Final = ("plugins", "load_plugins")
# Top-level keys of falco.yaml that do not (or do not yet) change anything here.
_FALCO: Final = frozenset(
    (
        *("base_syscalls", "buffered_outputs", "config_files"),
        *(
            "engine",
            "falco_libs",
            "http_output",
            "libs_logger",
            "log_level",
            "log_stderr",
            "log_syslog",
        ),
        *("metrics", "output_timeout", "plugins_hostinfo", "program_output"),
        *("syscall_event_drops", "syscall_event_timeouts", "syslog_output", "watch_config_files", "webserver"),
    )
)
# Groups of which tiercel reads some members and Falco has more.
_FALCO_GROUPS: Final = frozenset({"engine", "falco_libs"})
_NOTHING: Final[tuple[object, ...]] = ("", "~", "null", {})
_OLD_RULES_FILES: Final = "rules_file"
_WATCH_OTHERS: Final = {
    "nodriver": "watches no system call, and tiercel has no other source",
    "gvisor": "watches sandboxes of gVisor, which tiercel does not",
}


def _with(settings: Any, attribute: str, value: Any) -> Any:
    """Return ``settings`` with another value of an attribute; a dot selects a member of a group of settings."""
    name, _, member = attribute.partition(".")
    return replace(settings, **{name: _with(getattr(settings, name), member, value) if member else value})


def _plugins(settings: Settings) -> PluginSettings:
    """Return the settings of Falco's plugins that are built in."""
    entries, names = (ConfigValue(name, settings.tree.get(name) or None, settings.places) for name in _PLUGINS)
    if entries.value is None:
        return PluginSettings({}, ())
    return plugins(entries, names if "load_plugins" in settings.tree else None)


def _rename(settings: Settings) -> None:
    """Rename ``rules_file``, the key of older versions of Falco."""
    tree, places = settings.tree, settings.places
    if _OLD_RULES_FILES not in tree:
        return
    place = places.get(_OLD_RULES_FILES)
    if "rules_files" in tree:
        text = f"`rules_files` and its older name `{_OLD_RULES_FILES}` are both given"
        raise ConfigError("E604", text, hint="keep rules_files", span=place)
    tree["rules_files"] = tree.pop(_OLD_RULES_FILES)
    if place is not None:
        places["rules_files"] = place


def _falco_key(name: str, value: Any, place: Place | None) -> str:
    """Return the name of a key of Falco; refuse an unknown key."""
    top = name.partition(".")[0].partition("[")[0]
    if name in _FALCO_GROUPS and value not in _NOTHING:
        raise ConfigValue(name, value, {name: place} if place is not None else {}).wrong(f"a map, as `{name}: {{…}}`")
    if top in _FALCO:
        return name if top in _FALCO_GROUPS else top
    hint = suggest(name, [*_BY_NAME, *_PLUGINS, *_FALCO]) or "`tiercel run --help` lists the keys"
    raise ConfigError("E603", f"unknown key `{name}`", hint=hint, span=place)
