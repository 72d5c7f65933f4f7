"""Random tokens at the real interface: each gets the same answer, and none opens anything."""

from __future__ import annotations

import random
import secrets

from django.test import Client

from accounts.models import Redemption
from tests.runtime import builders
from tests.soak.result import Result


def prove(result: Result, trials: int) -> None:
    """A trial is one guess; guessers have many addresses, or they would soon be refused unheard."""
    chance = random.Random(result.seed)
    spent = builders.link_to(builders.published(builders.consent_graph()))
    _post(spent, "192.0.2.1")
    refusal = _post(spent, "192.0.2.2")
    answers = {refusal}
    for _ in range(trials):
        answers.add(_post(secrets.token_urlsafe(32), f"2001:db8::{chance.getrandbits(48):x}"))
        result.trials += 1
    result.cases["answers"] = len(answers)
    if answers != {refusal}:
        result.broken.append("a guess was answered otherwise than a spent link")
    if Redemption.objects.count() != 1:
        result.broken.append("a guess opened a link")


def _post(token: str, address: str) -> tuple[int, bytes]:
    answer = Client(REMOTE_ADDR=address, SERVER_NAME="localhost").post(
        "/api/v1/join", {"token": token}, content_type="application/json"
    )
    return answer.status_code, answer.content
