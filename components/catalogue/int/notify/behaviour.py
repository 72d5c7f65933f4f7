"""Notify: a text message, an e-mail or a webhook, handed over once."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.outward import AskOutside, sent_values
from components.catalogue.plain import said
from components.catalogue.reading import Values, filled, in_locale, local, objects, placed, text
from flow.commands import Request, SendNotice
from flow.component import Activity, Reaction
from flow.graph import JsonValue

_CHANNELS = {
    "sms": ("Text message", "短信"),
    "email": ("E-mail", "邮件"),
    "webhook": ("Webhook",) * 2,
}


class Notify(AskOutside):
    """Without an address there is nobody to notify: undelivered, and nothing is asked for."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        if text(settings, "channel") != "webhook" and not _address(activity, settings):
            return Reaction(outcome="undelivered")
        return super().start(activity)

    @override
    def request(self, activity: Activity, settings: Values) -> Request:
        def written(key: str) -> str:
            return filled(in_locale(local(settings, key), activity.locale), activity.variables)

        is_webhook = text(settings, "channel") == "webhook"
        return SendNotice(
            connection=text(settings, "connection"),
            channel=text(settings, "channel", "sms"),
            to="" if is_webhook else _address(activity, settings),
            subject=written("subject"),
            text=written("text"),
            values=sent_values(activity, objects(settings, "values")) if is_webhook else {},
            until_ms=self.until_ms(activity),
        )

    @override
    def answered(self, activity: Activity, result: Values) -> Reaction:
        return Reaction(outcome="ok", outputs={"notify.id": text(result, "id")})

    @override
    def unanswered(self, activity: Activity, code: str) -> Reaction:
        return self.refused(activity, "failed", "undelivered", {}, code)

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        en, zh = _CHANNELS.get(text(settings, "channel"), ("", ""))
        to = text(settings, "to")
        return said(locale, en=f"{en} to {to}" if to else en, zh=f"{zh} {to}".strip())


def _address(activity: Activity, settings: Values) -> str:
    """Whom it goes to; "" when a variable of it has no value."""
    values = activity.variables

    def shown(name: str) -> str:
        value = values.get(name)
        return value.strip() if isinstance(value, str) else "\n"

    found = placed(text(settings, "to"), shown)
    return "" if "\n" in found else found.strip()
