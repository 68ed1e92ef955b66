# SPDX-License-Identifier: Apache-2.0
"""Container ids in cgroup paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiercel._core.testing._testing import container_id, container_of

ID = b"0123456789abcdef" * 4
SHORT = ID[:12]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/docker/" + ID, SHORT),
        (b"/system.slice/docker-" + ID + b".scope", SHORT),
        (b"/libpod_parent/libpod-" + ID, SHORT),
        (b"/machine.slice/libpod-" + ID + b".scope/container", SHORT),
        (b"/user.slice/x.service/libpod-payload-" + ID, SHORT),
        (b"/kubepods/besteffort/pod1/" + ID, SHORT),
        (b"/kubepods.slice/cri-containerd-" + ID + b".scope", SHORT),
        (b"/kubepods.slice/crio-" + ID + b".scope", SHORT),
        (b"/kubepods/crio-" + ID, SHORT),
        (b"/kubepods-pod1.slice:cri-containerd:" + ID, SHORT),
        (b"/system.slice/nerdctl-" + ID + b".scope", SHORT),
        (b"/default/web", b"web"),
        (b"/k8s.io/a-name-that-is-long", b"a-name-that-"),
        (b"/default/" + ID.upper(), ID.upper()[:12]),
        (b"/lxc/web/init.scope", b"web"),
        (b"/lxc.payload/web/x.service", b"web"),
        (b"/lxc.payload.web", b"web"),
        (b"/qemu-1-vm.libvirt-lxc", b"qemu-1-vm"),
        (b"/machine.slice/machine-lxc\\x2d7\\x2dweb.scope", b"7\\x2dweb"),
        (b"/machine-lxc\\x2d7\\x2dweb.scope/libvirt", b"7\\x2dweb"),
        (b"/machine/qemu-1-vm.libvirt-lxc", b"qemu-1-vm.li"),  # the containerd matcher comes first
        (b"/libvirt/lxc/web.slice", b"web.slice"),
        (b"/libvirt/lxc/web", b"web"),
        (b"/docker/buildkit/abcdef", b"buildkit/abc"),
        (b"/system.slice/systemd-udevd.service/udev", b"systemd-udev"),  # as Falco
        (b"/system.slice/bpm-job-1.scope", b"job-1"),
        (b"/docker/" + ID + b"/", SHORT),  # cgroups below a container's own
        (b"/docker/" + ID + b"/init.scope", SHORT),
        (b"/system.slice/docker-" + ID + b".scope/user.slice/user-0.slice/session-1.scope", SHORT),
        (b"/machine.slice/libpod-" + ID + b".scope/x/y", SHORT),
        (b"/kubepods/crio-" + ID + b"/x", SHORT),
        (b"/docker/" + ID[::-1] + b"/docker/" + ID + b"/x", SHORT),
        (b"/", None),
        (b"", None),
        (b"/init.scope", None),
        (b"/user.slice/user-0.slice/session-1.scope", None),
        (b"/system.slice/cron.service", None),
        (b"/libpod_parent/conmon", None),
        (b"/docker/" + ID + b"0", None),
        (b"/system.slice/docker-" + ID[:-1] + b"g.scope", None),
        (b"/system.slice/bpm-a job.scope", None),
    ],
)
def test_one_path(path: bytes, expected: bytes | None) -> None:
    assert container_id(path) == expected


# A container's own cgroup in each layout, and the id.
LAYOUTS = [
    (b"/docker/" + ID, SHORT),
    (b"/system.slice/docker-" + ID + b".scope", SHORT),
    (b"/libpod_parent/libpod-" + ID, SHORT),
    (b"/machine.slice/libpod-" + ID + b".scope", SHORT),
    (b"/machine.slice/libpod-" + ID + b".scope/container", SHORT),
    (b"/user.slice/x.service/libpod-payload-" + ID, SHORT),
    (b"/kubepods/besteffort/pod1/" + ID, SHORT),
    (b"/kubepods.slice/cri-containerd-" + ID + b".scope", SHORT),
    (b"/kubepods.slice/crio-" + ID + b".scope", SHORT),
    (b"/kubepods/crio-" + ID, SHORT),
    (b"/kubepods-pod1.slice:cri-containerd:" + ID, SHORT),
    (b"/system.slice/nerdctl-" + ID + b".scope", SHORT),
    (b"/default/" + ID, SHORT),
    (b"/default/web", b"web"),
    (b"/k8s.io/a-name-that-is-long", b"a-name-that-"),
    (b"/docker/buildkit/abcdef", b"buildkit/abc"),
    (b"/lxc/web", b"web"),
    (b"/lxc.payload/web", b"web"),
    (b"/lxc.payload.web", b"web"),
    (b"/qemu-1-vm.libvirt-lxc", b"qemu-1-vm"),
    (b"/machine.slice/machine-lxc\\x2d7\\x2dweb.scope", b"7\\x2dweb"),
    (b"/machine-lxc\\x2d7\\x2dweb.scope/libvirt", b"7\\x2dweb"),
    (b"/libvirt/lxc/web", b"web"),
    (b"/system.slice/bpm-job-1.scope", b"job-1"),
]
PARTS = (
    b"x x.scope x.slice x.service init.scope container web ..a docker default k8s.io libpod_parent libvirt "
    b"libpod-y.scope crio-y lxc lxc.payload lxc.payload.y y.libvirt-lxc a-lxc\\x2dy.scope bpm-y.scope"
).split()
BELOW = st.lists(
    st.one_of(
        st.sampled_from([*PARTS, b"y" * 200, ID[:63], ID + b"0", b""]),
        st.binary(max_size=8).filter(lambda name: not set(name) & {0, ord("/")}),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(("group", "expected"), LAYOUTS)
@given(below=BELOW)
@example(below=[b"x.scope"])
@example(below=[b"lxc", b"y"])
@example(below=[b"y"])
@example(below=[b"y"] * 1900)
def test_a_group_below_a_containers_belongs_to_it(group: bytes, expected: bytes, below: list[bytes]) -> None:
    assert container_id(group) == expected
    assert container_id(b"/".join([group, *below])) == expected
    assert container_of(b"cpu=/\0=" + b"/".join([group, *below])) == expected


def test_a_full_id_below_a_name_counts() -> None:
    """Engines create cgroups above those of containers, which look like names."""
    assert container_id(b"/default/web/" + ID) == SHORT
    assert container_id(b"/default/web/x/" + ID + b"/x.scope") == SHORT


def test_a_group_of_a_container_comes_before_one_below() -> None:
    assert container_of(b"cpu=/docker/" + ID + b"/x\0memory=/default/other") == b"other"
    assert container_of(b"cpu=/\0memory=/docker/" + ID + b"/x") == SHORT


def test_the_first_recognised_path_wins() -> None:
    assert container_of(b"cpuset=/\0cpu=/docker/" + ID + b"\0memory=/default/other") == SHORT
    assert container_of(b"cpuset=/\0cpu=/init.scope") is None
    assert container_of(b"") is None
    assert container_of(b"cpuset\0cpu=/docker/" + ID) is None  # an entry without "=" ends the list
    assert container_of(b"a=\0b=/docker/" + ID) == SHORT
    assert container_of(b"a=/x\0") is None


@given(
    st.lists(st.sampled_from([b"/", b".", b"-", b"lxc", b"libpod-", b".scope", b"bpm-", b"-lxc\\x2", b"a", ID])).map(
        b"".join
    )
)
def test_any_path_is_taken(path: bytes) -> None:
    found = container_id(path)
    assert found is None or (found and found in path)


@pytest.mark.shared
def test_as_upstream(shared_dir: Path) -> None:
    for case in json.loads((shared_dir / "spec/vectors/container_cgroups.json").read_text())["cases"]:
        found = container_id(case["cgroup"].encode())
        expected = case["container_id"]
        assert found == (expected.encode() if expected else None), case
