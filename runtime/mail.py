"""Handing one e-mail to one server, by the same guarded way out as every other call."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from runtime import egress
from runtime.egress import Place
from runtime.errors import BlockedError, NoAnswerError, RefusedError, UnsentError

_FOR_GOOD = 500
"""From this SMTP code on trying again does not help (RFC 5321 §4.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and who we are to it. `limit_s` is for all of one conversation."""

    place: Place
    username: str
    password: str
    sender: str
    limit_s: float
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A plain text to one person. `id` is the same at every attempt, and makes the Message-ID."""

    to: str
    subject: str
    text: str
    id: str


def send(server: Server, letter: Letter) -> None:
    """Hand the letter over.

    Raises BlockedError, UnsentError and RefusedError when it surely was not taken, NoAnswerError
    when it may have been.
    """
    content = _written(server, letter)
    with _spoken(server) as speech:
        try:
            speech.sendmail(server.sender, [letter.to], content)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(next(iter(error.recipients.values()))[0]) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code) from error
        except UnicodeError as error:  # an address the server has no way to write
            raise RefusedError(cause="address") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NoAnswerError(cause=type(error).__name__) from error


def greet(server: Server) -> None:
    """Come as far as being known to the server, and leave. Raises as `send`."""
    with _spoken(server):
        pass


def _written(server: Server, letter: Letter) -> bytes:
    """The message, to one address; Django refuses line breaks in its headers."""
    mark = hashlib.sha256(letter.id.encode()).hexdigest()[:40]
    domain = server.sender.rpartition("@")[2].strip("> ") or server.place.host
    message = EmailMessage(
        letter.subject,
        letter.text,
        server.sender,
        [letter.to],
        headers={"Message-ID": f"<{mark}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        validate_email(letter.to)
        return message.message().as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    except (ValidationError, ValueError) as error:
        raise RefusedError(cause="address") from error


def _refused(code: int) -> RefusedError | UnsentError:
    return RefusedError(cause=str(code)) if code >= _FOR_GOOD else UnsentError(cause=str(code))


@contextmanager
def _spoken(server: Server) -> Iterator[smtplib.SMTP]:
    """A conversation on a connection that is encrypted and knows us."""
    until_s = time.monotonic() + server.limit_s
    opened = egress.open_socket(server.place, private=server.private, limit_s=server.limit_s)
    with egress.cut_at(opened, until_s):
        speech = _begun(server, opened)
        try:
            yield speech
        finally:
            speech.close()


def _begun(server: Server, opened: socket.socket) -> smtplib.SMTP:
    speech = _Pinned(server.place, opened)
    try:
        speech.connect(server.place.host, server.place.port)
        _encrypt(server, speech)
        if server.username:
            speech.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        speech.close()
        raise RefusedError(cause=str(error.smtp_code)) from error
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        speech.close()
        raise UnsentError(cause=type(error).__name__) from error
    except BlockedError:
        speech.close()
        raise
    return speech


def _encrypt(server: Server, speech: smtplib.SMTP) -> None:
    speech.ehlo()
    if server.place.scheme == "smtps":
        return
    if speech.has_extn("starttls"):
        speech.starttls(context=egress.tls())
        speech.ehlo()
    elif not server.private:
        raise BlockedError(cause="not_encrypted")


class _Pinned(smtplib.SMTP):
    """Speaks on a connection that stands already; TLS is with the host's name."""

    def __init__(self, place: Place, opened: socket.socket) -> None:
        self._place, self._opened = place, opened
        super().__init__(timeout=opened.gettimeout() or 1.0)
        self._host = place.host

    def _get_socket(self, host: str, _port: int, _timeout: float) -> socket.socket:
        if self._place.scheme == "smtps":
            return egress.tls().wrap_socket(self._opened, server_hostname=host)
        return self._opened
