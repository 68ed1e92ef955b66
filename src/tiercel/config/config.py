# SPDX-License-Identifier: Apache-2.0
"""Configuration: a YAML file (``-c``) and single settings (``-o KEY=VALUE``), with Falco's names for what Falco has.

A key that exists neither in tiercel nor in Falco is an error. A key of Falco only is accepted, so that a ``falco.yaml``
can be used as it is; :attr:`Config.ignored` has it unless its value describes what tiercel does anyway.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal

from tiercel.alerts.alert import Style
from tiercel.alerts.limits import AlertLimit
from tiercel.compiler import Additions, AppendOutput, PathMatching
from tiercel.config.capture_settings import CaptureSettings
from tiercel.config.container_settings import ContainerSettings
from tiercel.config.falco_keys import CURRENT, PLUGINS, Ignored, ignored, is_known
from tiercel.config.falco_plugins import PluginSettings, plugins
from tiercel.config.includes import read_settings
from tiercel.config.key import Key
from tiercel.config.keys import KEYS
from tiercel.config.operation_settings import DropSettings, LogSettings, MetricsSettings, WebserverSettings
from tiercel.config.output_settings import FileSettings, FormatChoice, HttpSettings, ProgramSettings, SpoolSettings
from tiercel.config.self_check_settings import SelfChecks
from tiercel.config.tree import Place, Settings
from tiercel.config.values import ConfigValue, OneOf, OutputChoice, Selection
from tiercel.containers.settings import EngineSettings
from tiercel.errors import ConfigError
from tiercel.frozen import field, frozen, replace
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.lang.suggest import suggest
from tiercel.response.settings import ResponseSettings
from tiercel.schema.alert_formats import AlertFormat

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Config", "OutputChoice", "Selection"]

_PRESETS: Final = frozenset({"", "c", "container", "k", "kubernetes"})


@frozen
class Config:
    """All settings with their defaults; :data:`KEYS` contains their names in a file.

    Attributes:
        ignored: given keys of Falco that have no effect here, with what to do instead.
        files: the configuration files that were read, the main file first.
        folders: the folders of ``config_files`` whose files were read.
    """

    config_files: tuple[str, ...] = ()
    path_matching: PathMatching = "both"
    rule_matching: Literal["first", "all"] = "first"
    priority: str = "debug"
    rules_files: tuple[str, ...] = ()
    rules: tuple[Selection, ...] = ()
    append_output: tuple[AppendOutput, ...] = ()
    static_fields: Mapping[str, str] = field(default_factory=dict)
    alert_limits: tuple[AlertLimit, ...] = ()
    output_format: FormatChoice = ""
    json_output: bool = False
    json_include_output: bool = True
    json_include_message: bool = False
    json_include_output_fields: bool = True
    json_include_tags: bool = True
    time_format_iso_8601: bool = False
    buffer_format_base64: bool = False
    stdout_output: bool = True
    stdout_output_format: FormatChoice = ""
    file_output: FileSettings = FileSettings()
    syslog_output: bool = False
    syslog_output_format: FormatChoice = ""
    program_output: ProgramSettings = ProgramSettings()
    http_output: HttpSettings = HttpSettings()
    output_timeout_ms: int = 2000
    outputs: tuple[OutputChoice, ...] = ()
    internal_alerts: bool = False
    watch_config_files: bool = True
    metrics: MetricsSettings = MetricsSettings()
    webserver: WebserverSettings = WebserverSettings()
    drops: DropSettings = DropSettings()
    spool: SpoolSettings = SpoolSettings()
    log: LogSettings = LogSettings()
    self_checks: SelfChecks = SelfChecks(canary_ms=60_000)
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
    ignored: tuple[Ignored, ...] = field(default=(), compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)
    folders: tuple[str, ...] = field(default=(), compare=False)

    @property
    def ring_bytes(self) -> int:
        """Size of the ring buffers of two CPUs for file and network events: presets 1 to 10 are 1 MiB to 512 MiB."""
        return 1 << (19 + self.buf_size_preset)

    @property
    def snaplen(self) -> int:
        """Maximum number of payload bytes of an event; 0 selects the default, as in Falco."""
        return self.libs_snaplen or 80

    @property
    def format(self) -> AlertFormat:
        """Format of the outputs that have no format of their own."""
        return self.output_format or ("falco" if self.json_output else "text")

    @property
    def delivers(self) -> bool:
        """True if an output is enabled."""
        more = self.syslog_output or self.program_output.enabled or self.http_output.enabled
        return self.stdout_output or self.file_output.enabled or more or bool(self.outputs)

    @property
    def probes(self) -> bool:
        """True if the probe is loaded: events come from the live kernel."""
        return self.engine_kind not in ("replay", "nodriver")

    @property
    def replays(self) -> bool:
        """True if events come from :attr:`capture_file`, and not from the live kernel."""
        return self.engine_kind == "replay"

    @property
    def additions(self) -> Additions:
        """Additions to the rules: ``append_output`` and the static fields."""
        return Additions.of(self.append_output, self.static_fields)

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
    def load(cls, path: str | os.PathLike[str] | None = None, options: Iterable[str] = ()) -> Self:
        """Read a file and the files of its ``config_files``, then apply ``KEY=VALUE`` options.

        Without a path, no file is read: only ``tiercel run`` looks for one at the usual places.

        Args:
            path: a YAML file, or None. ``${NAME}`` in a value is a variable of the environment.
            options: each as after ``-o``: dots and ``[n]`` select a member, ``[]`` appends, a backslash escapes; a
                value in braces is YAML.

        Raises:
            ConfigError: E602 a file cannot be read, E603 unknown key, E604 invalid value.
        """
        return cls.of(read_settings(path, options))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Interpret values as written; this rewrites old keys among them.

        Raises:
            ConfigError: E603 unknown key, E604 invalid value.
        """
        # The keys of plugins come first: all others take precedence.
        remarks = [*_old_outputs(settings), *_rename(settings), *_kernel_module(settings)]
        built_in = _plugins(settings)
        config = replace(cls(), files=tuple(settings.files), folders=tuple(settings.folders), **built_in.values)
        remarks += built_in.ignored
        for name, value, place in settings.leaves(stop={*_BY_NAME, *PLUGINS}):
            key = _BY_NAME.get(name)
            if key is not None and place is not None and value in _NULL and not _takes_any_text(key):
                continue  # as in Falco, a key without a value is no key
            if key is not None:
                config = _with(config, key.attribute, key.read(ConfigValue(name, value, settings.places)))
            elif name not in PLUGINS and (remark := _remark(settings, name, value, place)) is not None:
                remarks.append(remark)
        if config.replays and not config.capture_file:
            raise ConfigError("E604", "engine.kind is replay, without a capture", hint="set engine.replay.capture_file")
        metrics = config.metrics
        if metrics.enabled and not (
            metrics.output_rule or metrics.output_file or (config.webserver.enabled and config.webserver.metrics)
        ):
            hint = "set metrics.output_rule, metrics.output_file, or webserver.prometheus_metrics_enabled"
            raise ConfigError("E604", "metrics are enabled without a destination", hint=hint)
        if config.file_output.enabled and not config.file_output.filename:
            raise ConfigError("E604", "file_output is enabled without a file", hint="set file_output.filename")
        if config.program_output.enabled and not config.program_output.program:
            raise ConfigError("E604", "program_output is enabled without a program", hint="set program_output.program")
        if config.http_output.enabled and not config.http_output.url:
            raise ConfigError("E604", "http_output is enabled without a server", hint="set http_output.url")
        _check_spools(config)
        return replace(config, ignored=tuple(dict.fromkeys(remarks)))

    def appending(self, output: str) -> Self:
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

_NULL: Final = ("", "~", "null")
_NOTHING: Final[tuple[object, ...]] = (*_NULL, {})
_OLD_RULES_FILES: Final = "rules_file"
_BUF_SIZE: Final = "buf_size_preset"
_NAMES: Final = tuple(dict.fromkeys((*_BY_NAME, *PLUGINS, *sorted(CURRENT))))


def _takes_any_text(key: Key) -> bool:
    """Return whether an empty text may be the value of a key."""
    return isinstance(attrgetter(key.attribute)(Config()), str) and not isinstance(key.read, OneOf)


def _with(settings: Any, attribute: str, value: Any) -> Any:
    """Return ``settings`` with another value of an attribute; a dot selects a member of a group of settings."""
    name, _, member = attribute.partition(".")
    return replace(settings, **{name: _with(getattr(settings, name), member, value) if member else value})


def _check_spools(config: Config) -> None:
    """Refuse settings for spools of outputs that the configuration cannot have."""
    known = ("alerts", "stdout", "file", "syslog", "program", "http", *(choice.name for choice in config.outputs))
    for name in config.spool.outputs:
        base, _, number = name.rpartition("-")
        if name not in known and not (number.isdecimal() and base in known):
            text = f"`outputs_spool.outputs` has the unknown output `{name}`"
            raise ConfigError("E604", text, hint=suggest(name, known) or f"known are {', '.join(dict.fromkeys(known))}")


def _plugins(settings: Settings) -> PluginSettings:
    """Return the settings of Falco's plugins that are built in."""
    entries, names = (ConfigValue(name, settings.tree.get(name) or [], settings.places) for name in PLUGINS)
    return plugins(entries, names if "load_plugins" in settings.tree else None)


def _old_outputs(settings: Settings) -> list[Ignored]:
    """Remove the rate limit of alerts, which old versions of Falco have below ``outputs``."""
    old = settings.tree.get("outputs")
    if not isinstance(old, dict) or not old or not all(is_known(f"outputs.{name}") for name in old):
        return []
    del settings.tree["outputs"]
    return [one for name, value in old.items() if (one := ignored(f"outputs.{name}", value)) is not None]


def _rename(settings: Settings) -> list[Ignored]:
    """Rename ``rules_file``, the key of older versions of Falco."""
    tree, places = settings.tree, settings.places
    if _OLD_RULES_FILES not in tree:
        return []
    place = places.get(_OLD_RULES_FILES)
    if "rules_files" in tree:
        text = f"`rules_files` and its older name `{_OLD_RULES_FILES}` are both given"
        raise ConfigError("E604", text, hint="keep rules_files", span=place)
    tree["rules_files"] = tree.pop(_OLD_RULES_FILES)
    if place is not None:
        places["rules_files"] = place
    return [Ignored(_OLD_RULES_FILES, "an old name; write rules_files")]


def _kernel_module(settings: Settings) -> list[Ignored]:
    """Use the settings of Falco's other drivers for the probe if one of them is selected."""
    engine = settings.tree.get("engine")
    if not isinstance(engine, dict):
        return []
    kind = str(engine.get("kind")).lower()
    if kind not in ("kmod", "ebpf"):
        return []
    selected = engine.get(kind)
    if isinstance(selected, dict) and _BUF_SIZE in selected:
        probe = engine.setdefault("modern_ebpf", {})
        if isinstance(probe, dict):
            probe[_BUF_SIZE] = selected[_BUF_SIZE]
            settings.places.pop(f"engine.modern_ebpf.{_BUF_SIZE}", None)
            if (place := settings.places.get(f"engine.{kind}.{_BUF_SIZE}")) is not None:
                settings.places[f"engine.modern_ebpf.{_BUF_SIZE}"] = place
    return [Ignored("engine.kind", f"{kind} is another driver of Falco's: the probe is used, as modern_ebpf")]


def _is_off(group: Any) -> bool:
    """Return whether a group of settings is switched off as a whole."""
    return isinstance(group, dict) and str(group.get("enabled")).lower() in ("n", "no", "false", "off")


def _remark(settings: Settings, name: str, value: Any, place: Place | None) -> Ignored | None:
    """Return the remark on a key of Falco without effect, if any; refuse an unknown key."""
    if is_known(name):
        return ignored(name, value, is_off=_is_off(settings.tree.get(name.partition(".")[0])))
    members = [key for key in _NAMES if key.startswith(f"{name}.")]
    if members and value in _NOTHING:
        return None
    if members:
        raise ConfigValue(name, value, settings.places).wrong(
            f"a map, as `{name}: {{{members[0][len(name) + 1 :]}: …}}`"
        )
    hint = suggest(name, _NAMES) or "`tiercel run --help` lists the keys"
    raise ConfigError("E603", f"unknown key `{name}`", hint=hint, span=place)
