# SPDX-License-Identifier: Apache-2.0
"""Container metadata: lookups at container engines, and the cache of their results.

The core recognises containers by their control groups and requests names, images and labels. Threads of this package
send the requests to the engines (one module for each kind) and write the results to the process table. No event waits
in Python.
"""
