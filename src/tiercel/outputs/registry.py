# SPDX-License-Identifier: Apache-2.0
"""Registry of outputs by name: outputs of tiercel and of installed packages (entry points ``tiercel.outputs``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from tiercel.errors import UsageError
from tiercel.outputs.base import Output

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "installed_outputs", "make_output"]

GROUP: Final = "tiercel.outputs"


def installed_outputs() -> dict[str, EntryPoint]:
    """Return the entry points of all installed outputs by name."""
    from importlib.metadata import entry_points  # slow to import, and few need an output of another package

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def make_output(name: str, options: Mapping[str, Any], *, json: bool) -> Output:
    """Open the output that is registered as ``name``.

    Args:
        name: name of the entry point.
        options: keyword arguments of the class; texts become the types that it declares.
        json: another keyword argument: whether to write alerts as JSON.

    Raises:
        ConfigError: E604, the output does not take these options.
        OutputError: E801, it cannot be opened.
        UsageError: E608, the output is not installed, or cannot be imported.
    """
    from tiercel.outputs.options import typed_options  # imports inspect

    found = installed_outputs()
    if name not in found:
        hint = f"installed are: {', '.join(sorted(found))}" if found else "no package with outputs is installed"
        raise UsageError("E608", f"there is no output {name!r}", hint=hint)
    try:
        make = found[name].load()
    except (ImportError, AttributeError) as error:
        raise UsageError("E608", f"the output {name!r} cannot be loaded: {error}") from error
    return cast("Output", make(json=json, **typed_options(make, options, name)))
