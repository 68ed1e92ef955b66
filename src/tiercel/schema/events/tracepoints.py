# SPDX-License-Identifier: Apache-2.0
"""Kernel events without a system call of the process."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, T

SWITCH = Event(
    "switch",
    code=152,
    doc="The scheduler took a thread off its CPU.",
    category="scheduler",
    params=(
        Param("next", T.PID, "thread that runs next"),
        Param("pgft_maj", T.UINT64, "major page faults so far"),
        Param("pgft_min", T.UINT64, "minor page faults so far"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
    ),
    traits=frozenset({"on_demand"}),
    direction=">",
    origin="tracepoint",
)

SIGNALDELIVER = Event(
    "signaldeliver",
    code=232,
    doc="A signal reached a thread.",
    category="signal",
    params=(
        Param("spid", T.PID, "process that sent the signal, 0 for the kernel"),
        Param("dpid", T.PID, "process that gets it"),
        Param("sig", T.SIGTYPE, "signal"),
    ),
    direction=">",
    origin="tracepoint",
)

PAGE_FAULT = Event(
    "page_fault",
    code=290,
    doc="A page of memory had to be brought in, or an access was refused.",
    category="other",
    params=(
        Param("addr", T.UINT64, "address that was touched", fmt="hex"),
        Param("ip", T.UINT64, "instruction that touched it", fmt="hex"),
        Param("error", T.FLAGS32, "what kind of access it was", fmt="hex", flags="pf_flags"),
    ),
    direction=">",
    origin="tracepoint",
    flags=frozenset({"no_thread"}),
    traits=frozenset({"on_demand"}),
)

EVENTS = (
    SWITCH,
    SIGNALDELIVER,
    PAGE_FAULT,
)
