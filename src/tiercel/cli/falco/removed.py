# SPDX-License-Identifier: Apache-2.0
"""Options that older versions of Falco had, with their replacements."""

from __future__ import annotations

from typing import Final

from tiercel.frozen import frozen

__all__ = ["REMOVED", "ROWS", "Removed"]

_GVISOR: Final = "neither Falco 0.44 nor tiercel reads events of gVisor; run one on the host of its sandboxes"


@frozen
class Removed:
    """One removed option.

    Attributes:
        names: its spellings.
        value: placeholder of its value; empty for an option without a value.
        instead: replacement, as a hint.
    """

    names: tuple[str, ...]
    value: str
    instead: str


ROWS: Final[tuple[Removed, ...]] = (
    Removed(("-A",), "", "write `-o base_syscalls.all=true`; tiercel evaluates rules on every event in any case"),
    Removed(("-b", "--print-base64"), "", "write `-o buffer_format_base64=true`"),
    Removed(("--cri",), "<path>", "write `-o 'container_engines.cri.sockets[]=PATH'`"),
    Removed(("-d", "--daemon"), "", "run it as a service, for example by `deploy/systemd/tiercel.service`"),
    Removed(
        ("--disable-cri-async",),
        "",
        "write `-o container_engines.cri.disable_async=true`; `container_metadata.wait_ms` is how long events wait",
    ),
    Removed(("-D",), "<substring>", "write `-o 'rules[].disable.rule=*SUBSTRING*'`"),
    Removed(("-e",), "<capture>", "write `-o engine.kind=replay -o engine.replay.capture_file=CAPTURE`"),
    Removed(("-g", "--gvisor-config"), "<path>", _GVISOR),
    Removed(("--gvisor-generate-config",), "<socket>", _GVISOR),
    Removed(("--gvisor-root",), "<path>", _GVISOR),
    Removed(
        ("-k", "--k8s-api"),
        "<url>",
        "names of pods come from the container engine; for `k8smeta.*` write `-o kubernetes.enabled=true`",
    ),
    Removed(("-K", "--k8s-api-cert"), "<files>", "write `-o kubernetes.kubeconfig=FILE`, which names the certificates"),
    Removed(("--k8s-node",), "<name>", "write `-o kubernetes.node_name=NAME`"),
    Removed(("-m", "--mesos-api"), "<url>", "there is no replacement: Mesos is supported by neither"),
    Removed(("--modern-bpf",), "", "write `-o engine.kind=modern_ebpf`, which is the default"),
    Removed(("--nodriver",), "", "write `-o engine.kind=nodriver`"),
    Removed(("-s",), "<path>", "write `-o metrics.enabled=true -o metrics.output_file=PATH`"),
    Removed(("-S", "--snaplen"), "<bytes>", "write `-o falco_libs.snaplen=BYTES`"),
    Removed(("--stats-interval", "--stats_interval"), "<ms>", "write `-o metrics.interval=5s`"),
    Removed(("-t",), "<tag>", "write `-o 'rules[].disable.rule=*' -o 'rules[].enable.tag=TAG'`"),
    Removed(("-T",), "<tag>", "write `-o 'rules[].disable.tag=TAG'`"),
    Removed(("-u", "--userspace"), "", "there is no replacement; the live kernel is `engine.kind: modern_ebpf`"),
    Removed(("-w", "--writefile"), "<path>", "write `-o capture.enabled=true`, or use `tiercel record FILE`"),
)
"""Removed options in the order of their letters."""

REMOVED: Final = {name: row for row in ROWS for name in row.names}
