"""The hash chain: canonical text the short way and the long way, and what a hash covers."""

from __future__ import annotations

import hashlib
import uuid

import pytest
import rfc8785
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runtime.chain import Told, canonical, told_hash

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(), VALUES, max_size=5)
few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault of the text


@few
@given(DOCUMENTS)
@example({"a": 1.0, "b": [1e21, -0.0, 5e-324], "c": {"d": 1e-7}})
@example({"\U00010000": 1, "\ue000": 2})  # UTF-16 sorts these the other way round
@example({"a": '"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é'})
@example({"b": -1.5, "a": [0.1], "c": [[-2.5e300]]})
@example({"n": 2**53 - 1})
def test_canonical_text_is_that_of_rfc_8785(document):
    assert canonical(document).encode() == rfc8785.dumps(document)


@pytest.mark.parametrize("document", [{"n": 2**53}, {"n": [-(2**60)]}, {"n": float("inf")}])
def test_what_has_no_canonical_text_is_refused(document):
    with pytest.raises(ValueError):
        canonical(document)


@few
@given(DOCUMENTS, st.text(), st.text())
def test_the_hash_covers_the_whole_row_as_one_document(data, key, actor):
    run_id = uuid.UUID(int=7)
    told = Told(
        seq=3, key=key, kind="Acted", data=canonical(data), actor=actor, at_ms=5, prev_hash="ab"
    )
    whole = {
        "run": str(run_id),
        "seq": 3,
        "key": key,
        "kind": "Acted",
        "data": data,
        "actor": actor,
        "at_ms": 5,
        "prev": "ab",
    }

    assert told_hash(str(run_id), told) == hashlib.sha256(rfc8785.dumps(whole)).hexdigest()
