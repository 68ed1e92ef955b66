# SPDX-License-Identifier: Apache-2.0
"""init_module: never with an image that any kernel would take."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_image_is_no_module(live: Live) -> None:
    image = b"\x7fELF, but not really: \0\1\2\3"
    run = live.run(made := call("init_module", image, len(image), "debug=1"))
    (event,) = run.events("init_module")
    assert made.ret < 0  # ENOEXEC; ENOSYS where the kernel loads no modules
    assert event.params == {"res": made.ret, "img": image, "length": len(image), "uargs": "debug=1"}


def test_only_the_first_bytes_are_kept(live: Live) -> None:
    image = bytes(range(256)) * 32
    run = live.run(made := call("init_module", image, len(image), ""))
    (event,) = run.events("init_module")
    assert event.params == {"res": made.ret, "img": image[:4096], "length": len(image), "uargs": ""}


def test_nothing_can_be_read(live: Live) -> None:
    run = live.run(made := call("init_module", None, 100, None))
    (event,) = run.events("init_module")
    assert event.params == {"res": made.ret, "img": None, "length": 100, "uargs": None}
