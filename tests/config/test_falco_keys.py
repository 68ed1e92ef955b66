# SPDX-License-Identifier: Apache-2.0
"""Keys of Falco that have no effect, of its current and of older versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.stock_config import STOCK

from tiercel.config.config import Config
from tiercel.config.falco_keys import CURRENT, OLD, PLUGINS, WITHOUT_EFFECT
from tiercel.config.keys import KEYS
from tiercel.errors import ConfigError


def leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of the keys."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def remarks(text: str, folder: Path) -> dict[str, str]:
    path = folder / "falco.yaml"
    path.write_text(text)
    return {entry.key: entry.advice for entry in Config.load(path).ignored}


def test_what_falco_ships_needs_no_remark(tmp_path: Path) -> None:
    assert remarks(STOCK, tmp_path) == {}
    assert set(leaves(yaml.safe_load(STOCK))) == CURRENT - {"capture.max_file_size_mb", "rules", "static_fields"}


@pytest.mark.parametrize(
    ("text", "key", "advice"),
    [
        ("engine: {modern_ebpf: {cpus_for_each_buffer: 0}}", "engine.modern_ebpf.cpus_for_each_buffer", "preset"),
        ("engine: {modern_ebpf: {drop_failed_exit: true}}", "engine.modern_ebpf.drop_failed_exit", "evt.failed"),
        ("engine: {modern_ebpf: {disable_iterators: yes}}", "engine.modern_ebpf.disable_iterators", "/proc"),
        ("base_syscalls: {custom_set: ['!read']}", "base_syscalls.custom_set", "disable rules"),
        ("falco_libs: {thread_table_size: 5}", "falco_libs.thread_table_size", "is fixed"),
        ("grpc: {enabled: true, threadiness: 2}", "grpc", "JSON alerts"),
        ("grpc_output: {enabled: true}", "grpc_output", "JSON alerts"),
        ("outputs: {rate: 0}", "outputs.rate", "rate limit"),
        ("outputs: {max_burst: 1000}", "outputs.max_burst", "rate limit"),
        ("outputs_queue: {capacity: 1, recovery: exit}", "outputs_queue.recovery", "outputs_queue.overflow"),
        ("syscall_buf_size_preset: 4", "syscall_buf_size_preset", "engine.modern_ebpf.buf_size_preset"),
        ("syscall_drop_failed_exit: true", "syscall_drop_failed_exit", "evt.failed"),
        ("metadata_download: {max_mb: 100, chunk_wait_us: 1000}", "metadata_download", "kubernetes.*"),
        ("modern_bpf: {cpus_for_each_syscall_buffer: 2}", "modern_bpf", "engine.modern_ebpf"),
        ("webserver: {k8s_audit_endpoint: /k8s-audit}", "webserver.k8s_audit_endpoint", "plugin"),
        ("engine: {ebpf: {probe: x}}", "engine.ebpf", "engine.kind"),
        ("engine: {gvisor: {config: x, root: y}}", "engine.gvisor", "gone"),
        ("rules_file: [a.yaml]", "rules_file", "rules_files"),
    ],
)
def test_what_has_no_effect_is_named_once_with_advice(tmp_path: Path, text: str, key: str, advice: str) -> None:
    found = remarks(text, tmp_path)
    assert list(found) == [key]
    assert advice in found[key]


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("engine: {modern_ebpf: {buf_size_prest: 4}}", "engine.modern_ebpf.buf_size_prest", "buf_size_preset`?"),
        ("engine: {knd: kmod}", "engine.knd", "`engine.kind`?"),
        ("http_output: {ulr: x}", "http_output.ulr", "`http_output.url`?"),
        ("webserver: {listen_prot: 1}", "webserver.listen_prot", "`webserver.listen_port`?"),
        ("metrics: {intervall: 1h}", "metrics.intervall", "`metrics.interval`?"),
        ("base_syscalls: {custom_sets: []}", "base_syscalls.custom_sets", "`base_syscalls.custom_set`?"),
        ("webserverr: {enabled: true}", "webserverr.enabled", "`webserver.enabled`?"),
        ("outputs: {rate: 1, brust: 2}", None, None),
    ],
)
def test_typos_within_the_groups_of_falco(tmp_path: Path, text: str, name: str | None, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        remarks(text, tmp_path)
    if name is not None:
        assert (caught.value.code, caught.value.text) == ("E603", f"unknown key `{name}`")
        assert (hint or "") in (caught.value.hint or "")


def test_groups_are_maps(tmp_path: Path) -> None:
    for text in ("webserver: 1", "metrics: [a]", "base_syscalls: read"):
        with pytest.raises(ConfigError, match="cannot be") as caught:
            remarks(text, tmp_path)
        assert "a map, as" in (caught.value.hint or "")
    assert remarks("webserver:\nmetrics: {}\nbase_syscalls: null\n", tmp_path) == {}


def test_another_driver_is_the_probe_with_its_buffer(tmp_path: Path) -> None:
    text = "engine: {kind: kmod, kmod: {buf_size_preset: 2}, modern_ebpf: {buf_size_preset: 9}}"
    assert list(remarks(text, tmp_path)) == ["engine.kind"]
    path = tmp_path / "falco.yaml"
    assert Config.load(path).buf_size_preset == 2
    assert Config.load(path, ["engine.kind=modern_ebpf"]).buf_size_preset == 9
    assert Config.load(None, ["engine.kind=kmod"]).buf_size_preset == 4
    assert Config.load(None, ["engine.kind=Kmod", "engine.kmod.buf_size_preset=3"]).buf_size_preset == 3
    path.write_text("engine:\n  kind: kmod\n  kmod:\n    buf_size_preset: 11\n")
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    assert caught.value.span is not None
    assert caught.value.span.line == 4


def test_every_key_works_or_has_advice() -> None:
    assert CURRENT - {*(key.name for key in KEYS), *PLUGINS} <= set(WITHOUT_EFFECT)


def test_rows_are_falcos_and_not_read_here() -> None:
    read = {key.name for key in KEYS}
    assert set(WITHOUT_EFFECT) <= CURRENT | OLD
    assert not read & set(WITHOUT_EFFECT)
    assert not OLD & CURRENT
