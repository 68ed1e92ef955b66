# SPDX-License-Identifier: Apache-2.0
"""Real container engines for tests: started, used and removed by them, without a registry and without leftovers."""
