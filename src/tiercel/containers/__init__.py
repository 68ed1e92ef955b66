# SPDX-License-Identifier: Apache-2.0
"""What container engines know of containers.

The core sees containers by their control groups, and asks for the rest: names, images, labels. Threads of this package
ask the engines, one module for each kind, and tell the process table. No event ever waits in Python.
"""
