"""Join links under guessing, and under any order of what can be done with them."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts import links
from accounts.models import JoinLink, Redemption
from tests.accounts.people import NOW, link

GUESSES = 1_000
"""The long form is `python -m tests.soak guessing`."""


@pytest.mark.timeout(120)
@pytest.mark.django_db
def test_guesses_open_nothing_and_learn_nothing():
    new = [link() for _ in range(20)]
    refusals = set()

    for n in range(GUESSES):
        try:
            links.redeem(secrets.token_urlsafe(32), ip=f"2001:db8::{n:x}", now=NOW)
        except links.LinkUnusableError as refusal:
            refusals.add((type(refusal), refusal.args))

    assert refusals == {(links.LinkUnusableError, ())}
    assert Redemption.objects.count() == 0
    assert JoinLink.objects.filter(pk__in=[one.link.pk for one in new], uses=0).count() == len(new)


class Links(RuleBasedStateMachine):
    """The site beside a model of it: a link is a number of uses, and an end."""

    made = Bundle("made")
    devices = Bundle("devices")

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.uses: dict[uuid.UUID, int] = {}
        self.most: dict[uuid.UUID, int] = {}
        self.ends_at: dict[uuid.UUID, datetime] = {}
        self.revoked: set[uuid.UUID] = set()

    @rule(target=made, minutes=st.integers(1, 90), uses=st.integers(1, 3))
    def create(self, minutes: int, uses: int) -> links.NewLink:
        new = link(ttl_min=minutes, max_uses=uses, now=self.now)
        self.uses[new.link.pk], self.most[new.link.pk] = 0, uses
        self.ends_at[new.link.pk] = self.now + timedelta(minutes=minutes)
        return new

    @rule(minutes=st.integers(1, 120))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(new=made)
    def revoke(self, new: links.NewLink) -> None:
        links.revoke(new.link, now=self.now)
        self.revoked.add(new.link.pk)

    @rule(target=devices, new=made)
    def redeem(self, new: links.NewLink) -> tuple[links.NewLink, links.Entry | None, datetime]:
        key = new.link.pk
        is_open = (
            key not in self.revoked
            and self.now < self.ends_at[key]
            and self.uses[key] < self.most[key]
        )
        try:
            with transaction.atomic():
                entry = links.redeem(new.token, ip="192.0.2.1", now=self.now)
        except links.LinkUnusableError:
            assert not is_open
            return new, None, self.now
        assert is_open
        assert not entry.resumed
        self.uses[key] += 1
        links.bind(entry.redemption, uuid.uuid4())
        return new, entry, self.now

    @rule(device=devices)
    def resume(self, device: tuple[links.NewLink, links.Entry | None, datetime]) -> None:
        new, entry, since = device
        if entry is None:
            return
        held = links.find_pass(links.cookie_of(entry), now=self.now)
        if self.now >= since + links.RESUME_WINDOW:
            assert held is None
            return
        assert held is not None
        assert held.run_id == entry.redemption.run
        again = links.redeem(new.token, ip="192.0.2.1", now=self.now, cookie=links.cookie_of(entry))
        assert again.resumed
        assert again.redemption.pk == entry.redemption.pk

    @invariant()
    def nobody_more_came_in_than_the_links_allow(self) -> None:
        for key, uses in self.uses.items():
            stored = JoinLink.objects.get(pk=key)
            assert stored.uses == uses == Redemption.objects.filter(link=key).count()
            assert uses <= self.most[key]


@pytest.mark.timeout(60)
@pytest.mark.django_db
def test_links_keep_their_promises_in_any_order():
    run_state_machine_as_test(Links, settings=effort(max_examples=30, stateful_step_count=15))
