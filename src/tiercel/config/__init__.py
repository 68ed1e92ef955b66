# SPDX-License-Identifier: Apache-2.0
"""Configuration: a file and single options, with the names that Falco uses."""
