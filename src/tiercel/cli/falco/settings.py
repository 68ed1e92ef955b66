# SPDX-License-Identifier: Apache-2.0
"""Configuration of ``tiercel falco``: the file, its settings, and the values as written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from tiercel.cli.falco.options import DEFAULT_CONFIG, Options
from tiercel.compiler import Additions
from tiercel.config.config import Config
from tiercel.config.includes import read_settings
from tiercel.errors import ConfigError, UsageError
from tiercel.frozen import frozen

__all__ = ["Given", "check_file", "given", "require_file"]


@frozen
class Given:
    """Configuration of one run.

    Attributes:
        path: its file, or None.
        config: its settings.
        tree: all values as written, including those without effect.
    """

    path: str | None
    config: Config
    tree: Mapping[str, Any]

    @property
    def additions(self) -> Additions:
        """Additions to the rules."""
        return self.config.additions

    def dump(self) -> str:
        """Return all values as YAML."""
        return yaml.dump(dict(self.tree), Dumper=_Dumper, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writer of texts without quotes: values have no types yet."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's attribute


def check_file(options: Options) -> None:
    """Refuse a file of ``-c`` that cannot be read, before anything else happens.

    Raises:
        ConfigError: E602, the file cannot be read.
    """
    if options.config and not os.access(options.config, os.R_OK):
        raise ConfigError("E602", f"Could not find configuration file at {options.config}", hint="check the path")


def given(options: Options) -> Given:
    """Return the configuration that the options name.

    Raises:
        ConfigError: the configuration is invalid.
    """
    path = options.config or (DEFAULT_CONFIG if Path(DEFAULT_CONFIG).is_file() else None)
    settings = read_settings(path, options.options)
    tree = deepcopy(settings.tree)
    return Given(path, Config.of(settings).appending(options.print), tree)


def require_file(found: Given) -> None:
    """Refuse to go on without a file, as Falco does.

    Raises:
        UsageError: E601, there is no configuration file.
    """
    if found.path is None:
        hint = "`tiercel run` needs no configuration"
        raise UsageError("E601", f"You must create a config file at {DEFAULT_CONFIG} or by passing -c", hint=hint)
