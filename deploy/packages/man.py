# SPDX-License-Identifier: Apache-2.0
"""Man pages from the parsers of the command line, the source of ``--help``: one page per command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from tiercel import cli


def escape(text: str) -> str:
    """Return text as roff prints it: backslashes, hyphens and dots at the start of a line lose their meaning."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def paragraphs(text: str) -> Iterator[str]:
    """Yield a text with its paragraphs; lines that are indented or have columns keep their form."""
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        yield ".PP"
        if any(line.startswith(" ") or re.search(r"\S {2,}\S", line) for line in lines):
            yield from (".nf", escape(block), ".fi")
        else:
            yield escape(block)


def sections(text: str, first: str) -> Iterator[tuple[str, str]]:
    """Yield heading and body of an epilog: a line like ``examples:`` begins a section."""
    heading, body = first, []
    for line in text.splitlines():
        if re.fullmatch(r"[a-z][a-z ]*:", line):
            if "".join(body).strip():
                yield heading, "\n".join(body)
            heading, body = line.removesuffix(":"), []
        else:
            body.append(line)
    if "".join(body).strip():
        yield heading, "\n".join(body)


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the arguments, each as a tagged paragraph."""
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield ".TP"
            yield f"\\fB{escape(formatter._format_action_invocation(action))}\\fR"
            yield escape(" ".join(formatter._expand_help(action).split())) if action.help else "\\&"


def page(parser: argparse.ArgumentParser, summary: str, version: str, see_also: list[str]) -> str:
    """Return one page of section 1."""
    name = parser.prog.replace(" ", "-")
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    lines = [f'.TH "{escape(name.upper())}" 1 "" "tiercel {version}" "tiercel"']
    lines += [".SH NAME", f"{escape(name)} \\- {escape(summary)}", ".SH SYNOPSIS", escape(usage)]
    lines += [".SH DESCRIPTION", *paragraphs((parser.description or "") % {"prog": parser.prog})]
    if listed := list(options(parser)):
        lines += [".SH OPTIONS", *listed]
    for heading, body in sections(parser.epilog or "", "notes"):
        lines += [f".SH {escape(heading.upper())}", *paragraphs(body)]
    lines += [".SH SEE ALSO", ", ".join(f"\\fB{escape(other)}\\fR(1)" for other in see_also if other != name)]
    return "\n".join(lines) + "\n"


def pages(version: str) -> dict[str, str]:
    """Return all pages by file name."""
    parsers = {"tiercel": (cli.main_parser(), "run-time threat detection with the rules of Falco")}
    for name, summary in cli.COMMANDS:
        parsers[f"tiercel-{name}"] = (cli.command_parser(name, cli.load(name)), summary)
    names = list(parsers)
    return {f"{name}.1": page(parser, summary, version, names) for name, (parser, summary) in parsers.items()}
