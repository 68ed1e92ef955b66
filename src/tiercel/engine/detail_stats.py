# SPDX-License-Identifier: Apache-2.0
"""Counters of a sensor by CPU, by program of the probe, and by rule."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tiercel.frozen import field, frozen
from tiercel.sources.live import SourceDetails

__all__ = ["CpuStats", "DetailStats", "ProgramStats", "detail_stats_of"]


@frozen
class CpuStats:
    """Counters of one CPU.

    Attributes:
        events: records for the sensor, with the lost ones.
        drops: the lost ones.
    """

    events: int
    drops: int


@frozen
class ProgramStats:
    """Counters of the kernel for one attached program of the probe, with the programs that it calls.

    Attributes:
        runs: number of its runs while ``kernel.bpf_stats_enabled`` was 1.
        time_ns: nanoseconds of these runs.
    """

    runs: int
    time_ns: int


@frozen
class DetailStats:
    """Counters of a sensor by CPU, program and rule.

    Attributes:
        cpus: by number of the CPU.
        programs: by name of the program.
        evaluations: evaluations by rule since the start or the last change of rules. The index of the rules selects a
            rule for an event, and the sensor then evaluates its condition: rules with many evaluations and few matches
            are expensive.
    """

    cpus: Mapping[int, CpuStats] = field(default_factory=lambda: MappingProxyType({}))
    programs: Mapping[str, ProgramStats] = field(default_factory=lambda: MappingProxyType({}))
    evaluations: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def detail_stats_of(details: SourceDetails, rules: Sequence[str]) -> DetailStats:
    """Return the public form of ``details``; ``rules`` has the names of the rules of its generation."""
    present = os.cpu_count() or 1
    return DetailStats(
        MappingProxyType(
            {
                cpu: CpuStats(events, drops)
                for cpu, (events, drops) in enumerate(details.cpus)
                if events or cpu < present  # the kernel has entries for CPUs that may be added
            }
        ),
        MappingProxyType({name: ProgramStats(runs, ns) for name, (runs, ns) in sorted(details.programs.items())}),
        MappingProxyType(dict(zip(rules, details.evaluations, strict=False))),
    )
