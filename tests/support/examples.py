# SPDX-License-Identifier: Apache-2.0
"""The number of examples of a property test under the chosen profile of Hypothesis.

A test that says ``max_examples`` itself takes that number under every profile. ``examples`` makes it a part of it under
"quick", and a multiple under "nightly".
"""

from __future__ import annotations

from hypothesis import settings

# The examples of a test that states no number, under the profile "tests".
USUAL = 100


def examples(count: int) -> int:
    """Return how many examples a test takes that takes ``count`` under the profile "tests"; at least 5 of them."""
    profile = settings.get_profile(settings.get_current_profile_name())
    return max(min(count, 5), count * profile.max_examples // USUAL)
