# SPDX-License-Identifier: Apache-2.0
"""Registry of outputs by name: outputs of tiercel and of installed packages (entry points ``tiercel.outputs``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from tiercel.errors import ConfigError, OutputError, TiercelError, UsageError
from tiercel.outputs.base import Output
from tiercel.schema.alert_formats import FORMATS, AlertFormat

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "check_output", "installed_outputs", "make_output"]

GROUP: Final = "tiercel.outputs"


def installed_outputs() -> dict[str, EntryPoint]:
    """Return the entry points of all installed outputs by name; no package replaces an output of tiercel."""
    from importlib.metadata import entry_points  # slow to import, and few need an output of another package

    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name not in found or entry.value.startswith("tiercel.outputs."):
            found[entry.name] = entry
    return found


def make_output(
    name: str,
    options: Mapping[str, Any],
    *,
    format: AlertFormat,
) -> Output:
    """Open the output that is registered as ``name``.

    Args:
        name: name of the entry point.
        options: keyword arguments of the class; texts become the types that it declares. The option ``format`` is
            one of :data:`~tiercel.schema.alert_formats.FORMATS`.
        format: another keyword argument: format of the alerts if neither the option ``format`` nor the attribute
            ``default_format`` of the class names one.

    Raises:
        ConfigError: E604, the output does not take these options.
        OutputError: E801, it cannot be opened.
        UsageError: E608, the output is not installed, or cannot be imported, or is no output.
    """
    make, own_format, typed = _loaded(name, options)
    try:
        output = make(format=own_format or format, **typed)
    except TiercelError:
        raise
    except Exception as error:
        text = f"the output {name!r} cannot be opened: {type(error).__name__}: {error}"
        raise OutputError("E801", text) from error
    if not callable(getattr(output, "send", None)) or not callable(getattr(output, "close", None)):
        hint = "a class in the group tiercel.outputs has the methods send(alert) and close()"
        raise UsageError("E608", f"the output {name!r} is no output: {make!r}", hint=hint)
    return cast("Output", output)


def check_output(name: str, options: Mapping[str, Any]) -> None:
    """Check the options of an output, without a change of any file, and without the network.

    The values of options that are more than types are checked for a class with the attribute ``lazy = True``.

    Raises:
        TiercelError: as of :func:`make_output`.
    """
    make, _, _ = _loaded(name, options)
    if getattr(make, "lazy", False):
        make_output(name, options, format="text").close()


def _loaded(name: str, options: Mapping[str, Any]) -> tuple[Callable[..., Any], AlertFormat | None, dict[str, Any]]:
    """Return the class of an output, the format that it or its options name, and the other options with their types."""
    from tiercel.outputs.options import typed_options  # imports inspect

    found = installed_outputs()
    if name not in found:
        hint = f"installed are: {', '.join(sorted(found))}" if found else "no package with outputs is installed"
        raise UsageError("E608", f"there is no output {name!r}", hint=hint)
    try:
        make = found[name].load()
    except Exception as error:
        raise UsageError("E608", f"the output {name!r} cannot be loaded: {error}") from error
    others = {key: value for key, value in options.items() if key != "format"}
    typed = typed_options(make, others, name)
    return make, _format(options.get("format", getattr(make, "default_format", None)), name), typed


def _format(given: Any, name: str) -> AlertFormat | None:
    if given is None:
        return None
    for known in FORMATS:
        if given == known:
            return known
    text = f"the option 'format' of the output {name!r} cannot be `{given}`"
    raise ConfigError("E604", text, hint=f"give one of {', '.join(FORMATS)}")
