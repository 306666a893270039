"""JSON as nobody promised it, for the decoders' fuzz tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Eight people share two cores here; a slow draw says nothing about the code.
calmly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_WORDS = st.sampled_from(
    ["", "1", "2", "text", "richText", "picture", "audio", "a\x00b", "\ud83d", "20001", "9" * 30]
)
_LEAVES = st.sampled_from([None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf")]) | _WORDS


def objects(names: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects whose keys the decoder looks at, with anything at all behind them."""
    keys = st.sampled_from(names)
    anything: st.SearchStrategy[Any] = st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )
    return st.dictionaries(keys, anything, max_size=6)
