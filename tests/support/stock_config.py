# SPDX-License-Identifier: Apache-2.0
"""Settings of the falco.yaml of version 0.44 that have an effect here, or have none and need no remark."""

from __future__ import annotations

STOCK = """
config_files: [/nowhere/config.d]
rules_files: [/nowhere/falco_rules.yaml, /nowhere/falco_rules.local.yaml, /nowhere/rules.d]
engine:
  kind: modern_ebpf
  kmod: {buf_size_preset: 4, drop_failed_exit: false}
  modern_ebpf: {cpus_for_each_buffer: 2, buf_size_preset: 4, drop_failed_exit: false, disable_iterators: false}
  replay: {capture_file: ""}
capture: {enabled: false, path_prefix: /tmp/falco, mode: rules, default_duration: 5000}
load_plugins: []
plugins: [{name: container, library_path: libcontainer.so, init_config: {label_max_len: 100, with_size: false}}]
plugins_hostinfo: true
outputs_queue: {capacity: 0}
append_output: [{suggested_output: true}]
stdout_output: {enabled: true}
file_output: {enabled: false, keep_alive: false, filename: ./events.txt}
base_syscalls: {custom_set: [], repair: false, all: false}
falco_libs:
  thread_table_size: 262144
  thread_table_auto_purging_interval_s: 300
  thread_table_auto_purging_thread_timeout_s: 300
  snaplen: 80
"""
