# SPDX-License-Identifier: Apache-2.0
"""Operation of a sensor as a service: reload of rules and settings, metrics, supervision."""
