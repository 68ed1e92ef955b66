# SPDX-License-Identifier: Apache-2.0
"""Runtime threat detection: runs Falco rule files against the live kernel.

>>> import tiercel
>>> rules = tiercel.Ruleset.load("rules.yaml")          # doctest: +SKIP
>>> with tiercel.Sensor(rules) as sensor:               # doctest: +SKIP
...     for alert in sensor:
...         print(alert.output)

This module exports the whole public API.  Names are imported on first use, so that rule tools work without the built
extension, and the command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiercel.alerts.alert import Alert as Alert
    from tiercel.alerts.alert import AlertEvent as AlertEvent
    from tiercel.alerts.alert import Style as Style
    from tiercel.alerts.limiter import AlertLimiter as AlertLimiter
    from tiercel.alerts.limits import AlertLimit as AlertLimit
    from tiercel.alerts.limits import LimitStats as LimitStats
    from tiercel.capture.reader import Capture as Capture
    from tiercel.capture.reader import CaptureEvent as CaptureEvent
    from tiercel.capture.reader import open_capture as open_capture
    from tiercel.capture.tables import CaptureFd as CaptureFd
    from tiercel.capture.tables import CaptureGroup as CaptureGroup
    from tiercel.capture.tables import CaptureInterface as CaptureInterface
    from tiercel.capture.tables import CaptureMachine as CaptureMachine
    from tiercel.capture.tables import CaptureThread as CaptureThread
    from tiercel.capture.tables import CaptureUser as CaptureUser
    from tiercel.compiler.frontend.config_additions import AppendOutput as AppendOutput
    from tiercel.config.capture_settings import CaptureSettings as CaptureSettings
    from tiercel.config.container_settings import ContainerSettings as ContainerSettings
    from tiercel.config.self_check_settings import SelfChecks as SelfChecks
    from tiercel.containers.settings import EngineSettings as EngineSettings
    from tiercel.containers.settings import StaticContainer as StaticContainer
    from tiercel.containers.stats import EngineStats as EngineStats
    from tiercel.containers.stats import KubernetesStats as KubernetesStats
    from tiercel.engine.configuration import Config as Config
    from tiercel.engine.evaluate import Engine as Engine
    from tiercel.engine.recording import Recording as Recording
    from tiercel.engine.recording import RecordingStats as RecordingStats
    from tiercel.engine.replay import Replay as Replay
    from tiercel.engine.replay import replay as replay
    from tiercel.engine.ruleset import Ruleset as Ruleset
    from tiercel.engine.sensor import Sensor as Sensor
    from tiercel.engine.stats import CanaryStats as CanaryStats
    from tiercel.engine.stats import ContainerStats as ContainerStats
    from tiercel.engine.stats import Stats as Stats
    from tiercel.errors import CaptureError as CaptureError
    from tiercel.errors import ConfigError as ConfigError
    from tiercel.errors import EventError as EventError
    from tiercel.errors import KernelError as KernelError
    from tiercel.errors import OutputError as OutputError
    from tiercel.errors import RulesError as RulesError
    from tiercel.errors import SensorError as SensorError
    from tiercel.errors import SourceError as SourceError
    from tiercel.errors import TiercelError as TiercelError
    from tiercel.errors import UsageError as UsageError
    from tiercel.kubernetes.settings import KubernetesSettings as KubernetesSettings
    from tiercel.lang.diagnostics import Diagnostic as Diagnostic
    from tiercel.notice import Notice as Notice
    from tiercel.response.process import Process as Process
    from tiercel.response.protection import ProtectedProcesses as ProtectedProcesses
    from tiercel.response.responder import Responder as Responder
    from tiercel.response.result import ActionResult as ActionResult
    from tiercel.response.settings import Response as Response
    from tiercel.response.stats import ResponseStats as ResponseStats
    from tiercel.rules.model import Priority as Priority
    from tiercel.rules.model import Rule as Rule
    from tiercel.sources.flood_stats import Flood as Flood
    from tiercel.sources.scope import Scope as Scope

    __version__: str

_MODULES: Final = {
    "compiler.frontend.config_additions": ("AppendOutput",),
    "containers.stats": ("EngineStats", "KubernetesStats"),
    "kubernetes.settings": ("KubernetesSettings",),
    "containers.settings": ("EngineSettings", "StaticContainer"),
    "alerts.alert": ("Alert", "AlertEvent", "Style"),
    "alerts.limiter": ("AlertLimiter",),
    "alerts.limits": ("AlertLimit", "LimitStats"),
    "config.capture_settings": ("CaptureSettings",),
    "config.container_settings": ("ContainerSettings",),
    "config.self_check_settings": ("SelfChecks",),
    "engine.configuration": ("Config",),
    "engine.evaluate": ("Engine",),
    "engine.recording": ("Recording", "RecordingStats"),
    "engine.replay": ("Replay", "replay"),
    "engine.ruleset": ("Ruleset",),
    "engine.sensor": ("Sensor",),
    "engine.stats": ("CanaryStats", "ContainerStats", "Stats"),
    "errors": (
        *("CaptureError", "ConfigError", "EventError", "KernelError", "OutputError", "RulesError", "SensorError"),
        *("SourceError", "TiercelError", "UsageError"),
    ),
    "lang.diagnostics": ("Diagnostic",),
    "notice": ("Notice",),
    "response.process": ("Process",),
    "response.protection": ("ProtectedProcesses",),
    "response.responder": ("Responder",),
    "response.result": ("ActionResult",),
    "response.settings": ("Response",),
    "response.stats": ("ResponseStats",),
    "rules.model": ("Priority", "Rule"),
    "capture.tables": (
        *("CaptureFd", "CaptureGroup", "CaptureInterface", "CaptureMachine"),
        *("CaptureThread", "CaptureUser"),
    ),
    "sources.flood_stats": ("Flood",),
    "capture.reader": ("Capture", "CaptureEvent", "open_capture"),
    "sources.scope": ("Scope",),
}
_HOMES: Final = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ActionResult",
    "Alert",
    "AlertEvent",
    "AlertLimit",
    "AlertLimiter",
    "AppendOutput",
    "CanaryStats",
    "Capture",
    "CaptureError",
    "CaptureEvent",
    "CaptureFd",
    "CaptureGroup",
    "CaptureInterface",
    "CaptureMachine",
    "CaptureSettings",
    "CaptureThread",
    "CaptureUser",
    "Config",
    "ConfigError",
    "ContainerSettings",
    "ContainerStats",
    "Diagnostic",
    "Engine",
    "EngineSettings",
    "EngineStats",
    "EventError",
    "Flood",
    "KernelError",
    "KubernetesSettings",
    "KubernetesStats",
    "LimitStats",
    "Notice",
    "OutputError",
    "Priority",
    "Process",
    "ProtectedProcesses",
    "Recording",
    "RecordingStats",
    "Replay",
    "Responder",
    "Response",
    "ResponseStats",
    "Rule",
    "RulesError",
    "Ruleset",
    "Scope",
    "SelfChecks",
    "Sensor",
    "SensorError",
    "SourceError",
    "StaticContainer",
    "Stats",
    "Style",
    "TiercelError",
    "UsageError",
    "open_capture",
    "replay",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        globals()[name] = _version()
        return globals()[name]
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def _version() -> str:
    version = importlib.import_module("importlib.metadata").version  # slow to import

    return str(version("tiercel"))


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, "__version__"})
