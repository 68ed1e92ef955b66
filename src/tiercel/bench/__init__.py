# SPDX-License-Identifier: Apache-2.0
"""Benchmark harness of ``tiercel bench``: speed of evaluation on this machine, and cost of a sensor.

Each part (a module of :mod:`tiercel.bench.parts`) measures one thing and returns figures. The measured code runs in a
process of its own, the agent, of any installation of tiercel. Another process, the worker, makes the load.
"""
