# SPDX-License-Identifier: Apache-2.0
"""Configuration files that name others in ``config_files``, and their merge."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from tiercel.config.tree import Option, Place, Settings, parse_option
from tiercel.errors import ConfigError

__all__ = ["CONFIG_FILES", "STRATEGIES", "read_settings"]

CONFIG_FILES: Final = "config_files"
STRATEGIES: Final = ("append", "override", "add-only")
"""Ways to add the keys of a further file to the settings so far; the first is the default."""

_MAX_FILES: Final = 1000

# Path, strategy, and the name of the entry.
_Entry: TypeAlias = tuple[str, str, str]


def read_settings(path: str | os.PathLike[str] | None, options: Iterable[str] = ()) -> Settings:
    """Read a file and the files that it names, then apply ``KEY=VALUE`` options.

    The order is Falco's: the file, options that set ``config_files``, the files named there, all other options.

    Raises:
        ConfigError: E602 a file cannot be read, E604 a file or an option is malformed, or names files in a circle.
    """
    settings = Settings.load(path) if path is not None else Settings()
    naming, others = _split(options)
    for option in naming:
        option.apply(settings)
    for name, strategy, entry in _entries(settings.tree.get(CONFIG_FILES)):
        for file in _files(name, settings):
            _refuse_circle(path, file, _place(settings, entry))
            if len(settings.files) >= _MAX_FILES:
                raise ConfigError("E604", f"a configuration has at most {_MAX_FILES:,} files", hint=f"see {name}")
            _merge(settings, Settings.load(file), strategy)
    for option in others:
        option.apply(settings)
    return settings


def _split(options: Iterable[str]) -> tuple[list[Option], list[Option]]:
    """Return the options that set ``config_files``, and the others."""
    naming: list[Option] = []
    others: list[Option] = []
    for option in map(parse_option, options):
        (naming if option.steps[0] == CONFIG_FILES else others).append(option)
    return naming, others


def _entries(value: Any) -> Iterator[_Entry]:
    """Yield the entries of ``config_files``; its reader in ``keys/files.py`` refuses malformed ones."""
    for number, entry in enumerate(value if isinstance(value, list) else [value]):
        here = f"{CONFIG_FILES}[{number}]"
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            yield entry["path"], entry.get("strategy", STRATEGIES[0]), f"{here}.path"
        elif isinstance(entry, str) and entry not in ("", "~", "null"):
            yield entry, STRATEGIES[0], here


def _files(name: str, settings: Settings) -> list[str]:
    """Return a named file, or the regular files of a folder in order of name; a missing path has none."""
    path = Path(name)
    try:
        if not path.exists():
            return []
        if not path.is_dir():
            return [name]
        settings.folders.append(name)
        return [str(one) for one in sorted(path.iterdir()) if one.is_file()]
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise ConfigError("E602", f"{name}: {text}", hint=f"named in `{CONFIG_FILES}`") from error


def _refuse_circle(main: str | os.PathLike[str] | None, file: str, place: Place | None) -> None:
    try:
        is_circle = main is not None and Path(main).samefile(file)
    except OSError:  # one of them is gone by now
        is_circle = False
    if is_circle:
        text = f"`{CONFIG_FILES}` names {file}, the file that contains it"
        raise ConfigError("E604", text, hint="remove the entry", span=place)


def _place(settings: Settings, entry: str) -> Place | None:
    return settings.places.get(entry, settings.places.get(CONFIG_FILES))


def _merge(settings: Settings, other: Settings, strategy: str) -> None:
    """Add the top-level keys of a further file; an unknown strategy is the default, as in Falco."""
    if CONFIG_FILES in other.tree:
        text = f"{other.files[0]}: `{CONFIG_FILES}` is allowed in the main file only"
        raise ConfigError("E604", text, hint="name the files there", span=other.places.get(CONFIG_FILES))
    settings.files += other.files
    for key, value in other.tree.items():
        if strategy == "add-only" and key in settings.tree:
            continue
        before = _items(settings.tree.get(key)) if strategy != "override" and isinstance(value, list) else []
        if before:
            settings.tree[key] = [*before, *value]
        else:
            settings.tree[key] = value
            for name in [name for name in settings.places if _is_below(name, key)]:
                del settings.places[name]
        settings.places |= _moved(other.places, key, len(before))


def _items(value: Any) -> list[Any]:
    """Return what a sequence is appended to."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) and value not in ("", "~", "null") else []


def _is_below(name: str, key: str) -> bool:
    return name == key or name.startswith((f"{key}.", f"{key}["))


def _moved(places: dict[str, Place], key: str, offset: int) -> dict[str, Place]:
    """Return the positions below a key; the indices of its items grow by ``offset``."""
    found = {name: place for name, place in places.items() if _is_below(name, key)}
    if not offset:
        return found
    start = len(key) + 1
    moved: dict[str, Place] = {}
    for name, place in found.items():
        if name != key:
            index, _, rest = name[start:].partition("]")
            moved[f"{key}[{int(index) + offset}]{rest}"] = place
    return moved
