# SPDX-License-Identifier: Apache-2.0
"""The keys of ``container_engines``, in files and as options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiercel.config.config import Config
from tiercel.containers.settings import DEFAULT_SOCKETS, EngineSettings, StaticContainer
from tiercel.errors import ConfigError, UsageError


def engines(*options: str) -> EngineSettings:
    return Config.load(None, [f"container_engines.{option}" for option in options]).container_engines


def test_all_engines_are_asked_where_they_listen_by_default() -> None:
    assert Config().container_engines == EngineSettings()
    assert EngineSettings().sockets == DEFAULT_SOCKETS
    assert engines("lxc.enabled=true").sockets == DEFAULT_SOCKETS


@pytest.mark.parametrize("name", sorted(DEFAULT_SOCKETS))
def test_an_engine_can_be_left_alone_or_asked_elsewhere(name: str) -> None:
    assert engines(f"{name}.enabled=false").sockets == {**DEFAULT_SOCKETS, name: ()}
    assert engines(f"{name}.sockets[]=/a.sock", f"{name}.sockets[]=/b/*.sock").sockets[name] == ("/a.sock", "/b/*.sock")
    assert engines(f"{name}.sockets[]=/a.sock", f"{name}.enabled=off").sockets[name] == ()
    assert engines(f"{name}.enabled=true").sockets == DEFAULT_SOCKETS


@pytest.mark.parametrize("name", ["lxc", "libvirt_lxc", "bpm"])
def test_kinds_without_a_socket(name: str) -> None:
    assert getattr(engines(f"{name}.enabled=false"), name) is False
    assert getattr(engines(f"{name}.enabled=true"), name) is True


def test_static() -> None:
    parts = ("static.container_id=x", "static.container_name=y", "static.container_image=z:1")
    assert engines("static.enabled=true", *parts).static == StaticContainer("x", "y", "z:1")
    assert engines(*parts).static is None


def test_a_static_id_has_to_fit() -> None:
    assert engines("static.enabled=true", f"static.container_id={'é' * 32}").static == StaticContainer("é" * 32)
    with pytest.raises(ConfigError, match="container_id` cannot be") as refused:
        engines("static.enabled=true", f"static.container_id={'é' * 32}x")
    assert refused.value.code == "E604"
    with pytest.raises(UsageError, match="at most 64 bytes"):
        StaticContainer("x" * 65)
    assert engines("label_max_len=7").label_max_len == 7


def test_a_file_as_falcos(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text(
        "container_engines:\n"
        "  docker: {enabled: true}\n"
        "  cri: {enabled: true, sockets: [/run/crio/crio.sock], disable_async: false}\n"
        "  podman: {enabled: false}\n"
        "  bpm: {enabled: true}\n"
    )
    found = Config.load(path).container_engines.sockets
    assert (found["docker"], found["podman"]) == (DEFAULT_SOCKETS["docker"], ())
    assert found["cri"] == ("/run/crio/crio.sock",)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("dokcer.enabled=true", "unknown key `container_engines.dokcer`"),
        ("docker.socket=/x", "unknown key `container_engines.docker.socket`"),
        ("docker.enabled=maybe", "`container_engines.docker.enabled` cannot be `maybe`"),
        ("docker.sockets=/x", "`container_engines.docker.sockets` cannot be `/x`"),
        ("docker=true", "`container_engines.docker` cannot be `true`"),
        ("label_max_len=-1", "`container_engines.label_max_len` cannot be `-1`"),
        ("lxc.sockets[]=/x", "unknown key `container_engines.lxc.sockets`"),
    ],
)
def test_what_makes_no_sense_is_refused(option: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        engines(option)
    assert caught.value.text == text


def test_a_whole_that_is_no_map() -> None:
    options: Any = ["container_engines=docker"]
    with pytest.raises(ConfigError):
        Config.load(None, options)


def test_a_list_is_asked_for_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("container_engines:\n  docker:\n    sockets: /x\n")
    with pytest.raises(ConfigError) as in_file:
        Config.load(path)
    with pytest.raises(ConfigError) as in_option:
        engines("docker.sockets=[/x]")
    assert in_file.value.hint == "give a list of texts"
    assert in_option.value.hint == "give each text by an option `container_engines.docker.sockets[]=TEXT`"


# --- As the configuration of Falco's plugin ---------------------------------------------------------------------------

_PLUGINS = """
plugins:
  - name: container
    library_path: libcontainer.so
    init_config:
      label_max_len: 7
      hooks: [create, start]
      engines:
        docker: {enabled: true, sockets: [/run/other/docker.sock]}
        podman: {enabled: false}
        lxc: {enabled: false}
  - name: k8smeta
    library_path: libk8smeta.so
    init_config: '{"nodeName": "$${NODE}", "collectorPort": 45000}'
  - {name: json, library_path: libjson.so}
"""


def written(folder: Path, text: str, *options: str) -> Config:
    path = folder / "falco.yaml"
    path.write_text(text)
    return Config.load(path, options)


@pytest.mark.parametrize("names", ["", "load_plugins: [json, container, k8smeta]\n"])
def test_plugins_that_are_built_in(names: str, tmp_path: Path) -> None:
    config = written(tmp_path, names + _PLUGINS)
    sockets = {**DEFAULT_SOCKETS, "docker": ("/run/other/docker.sock",), "podman": ()}
    assert config.container_engines == EngineSettings(sockets=sockets, lxc=False, label_max_len=7)
    assert config.kubernetes.node_name == "${NODE}"
    assert [entry.key for entry in config.ignored] == [
        "plugins[0].init_config.hooks",
        "plugins[1].init_config.collectorPort",
        "plugins[2] (json)",
    ]


@pytest.mark.parametrize(
    ("names", "ignored"),
    [("load_plugins: []\n", []), ("load_plugins:\n", []), ("load_plugins: [json]\n", ["plugins[2] (json)"])],
)
def test_plugins_that_are_not_loaded(names: str, ignored: list[str], tmp_path: Path) -> None:
    config = written(tmp_path, names + _PLUGINS)
    assert (config.container_engines, config.kubernetes.node_name) == (EngineSettings(), "")
    assert [entry.key for entry in config.ignored] == ignored


def test_own_keys_say_more_exactly_what_is_wanted(tmp_path: Path) -> None:
    own = "container_engines: {docker: {enabled: false}}\nkubernetes: {node_name: here}\n"
    config = written(tmp_path, own + _PLUGINS, "container_engines.label_max_len=9")
    assert config.container_engines == EngineSettings(sockets={**DEFAULT_SOCKETS, "docker": ()}, label_max_len=9)
    assert config.kubernetes.node_name == "here"


def test_plugins_as_options() -> None:
    option = 'plugins[]={"name": "container", "init_config": {"engines": {"static": {"enabled": true}}}}'
    assert Config.load(None, [option]).container_engines.static == StaticContainer()
    assert Config.load(None, [option, "load_plugins[]=json"]).container_engines.static is None
    assert Config.load(None, ["plugins=", "load_plugins[]=json"]) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plugins: container", "`plugins` cannot be `container`"),
        ("plugins: [container]", "`plugins[0]` cannot be `container`"),
        ("plugins: [{nam: container}]", "unknown key `plugins[0].nam`"),
        ("plugins: [{library_path: x}]", "`plugins[0]` has no name"),
        ("plugins: [{name: [a]}]", "`plugins[0].name` cannot be `list`"),
        ("plugins: [{name: container, init_config: '{'}]", "`plugins[0].init_config` cannot be `{`"),
        ("plugins: [{name: x, library_path: a/../../x.so}]", "`plugins[0].library_path` cannot be `a/../../x.so`"),
        ("plugins: [{name: container, init_config: [x]}]", "`plugins[0].init_config` cannot be `list`"),
        (
            "plugins: [{name: container, init_config: {engine: {}}}]",
            "unknown key `plugins[0].init_config.engine`",
        ),
        (
            "plugins: [{name: container, init_config: {engines: {crio: {}}}}]",
            "unknown key `plugins[0].init_config.engines.crio`",
        ),
        (
            "plugins: [{name: container, init_config: '{\"label_max_len\": -1}'}]",
            "`plugins[0].init_config.label_max_len` cannot be `-1`",
        ),
        ("plugins: [{name: json}]\nload_plugins: json", "`load_plugins` cannot be `json`"),
    ],
)
def test_plugins_that_make_no_sense_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, text)
    assert caught.value.text == message
    assert caught.value.span is not None
    assert caught.value.span.line == message.count("load_plugins") + 1
