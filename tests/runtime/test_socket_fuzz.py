"""What nobody would send: no message and no request makes the site fail."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from hypothesis import example, given
from hypothesis import strategies as st

from runtime import messages
from runtime.errors import MalformedMessageError
from tests.runtime import builders, crowd, fuzz, junk
from tests.runtime.web_process import web_process

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
SPOILT = st.sampled_from(junk.MESSAGES).flatmap(
    lambda one: st.fixed_dictionaries({name: JSON | st.just(value) for name, value in one.items()})
)


@pytest.mark.parametrize("parse", [messages.parse_run, messages.parse_desk, messages.parse_worker])
@given(content=JSON | SPOILT)
@example(content={"type": "seen", "frames": True})
def test_every_frame_is_a_message_or_malformed(parse: Callable[[str], Any], content: Any):
    with contextlib.suppress(MalformedMessageError):
        parse(json.dumps(content))


@pytest.mark.timeout(180)  # a process that loads Django, on a machine that may be busy
@pytest.mark.usefixtures("committed")
async def test_a_web_process_survives_random_messages_and_requests(tmp_path):
    pairs = await in_db(crowd.pairs)(2)
    await in_db(builders.worker)()
    session, ids = await in_db(fuzz.somebody)(pairs)
    with web_process(tmp_path / "web.log", builders.own_site()) as web:
        ends = await fuzz.sockets(web, fuzz.doors(web, pairs, session), 1_000, seed=1)
        statuses = await in_db(fuzz.requests)(web, session, ids, 300, seed=1)
        faults = fuzz.faults(web)

    assert set(ends) <= {0, *fuzz.CLOSES}
    assert 200 in statuses
    assert faults == []
