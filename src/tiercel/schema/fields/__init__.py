# SPDX-License-Identifier: Apache-2.0
"""The fields, by class: all of Falco's fields for system calls, and a few of our own."""

from __future__ import annotations

from typing import Final

from tiercel.schema.fields import container, evt, evt_io, fd, fspath, kin, kubernetes, peer, proc, thread, user
from tiercel.schema.types import Field

FIELDS: Final[tuple[Field, ...]] = (
    *evt.FIELDS,
    *evt_io.FIELDS,
    *proc.FIELDS,
    *kin.FIELDS,
    *thread.FIELDS,
    *user.FIELDS,
    *container.FIELDS,
    *kubernetes.FIELDS,
    *fd.FIELDS,
    *peer.FIELDS,
    *fspath.FIELDS,
)
