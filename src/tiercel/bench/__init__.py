# SPDX-License-Identifier: Apache-2.0
"""The benchmark harness behind ``tiercel bench``: how fast this machine evaluates, and what a sensor costs it.

Each part (a module of :mod:`tiercel.bench.parts`) measures one thing and returns figures. Whatever is measured runs in
a process of its own, the agent, which any installation of tiercel can be; the load comes from another one, the worker.
"""
