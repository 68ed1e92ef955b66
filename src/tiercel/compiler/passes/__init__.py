# SPDX-License-Identifier: Apache-2.0
"""Passes on trees, one module each. A pass returns new trees and changes nothing in place."""
