"""What the server writes into its log, and the number by which one request is found in it.

Every request has a number of its own, made here and taken from nobody: the answer carries it as
``X-Request-ID``, pages and problem details of errors show it, and so does each line that is
logged meanwhile. One line tells of each request: method, path without its query, status,
milliseconds, the account by its number. No line holds a password, a text or a name that is not an
account's.

``WORKBENCH_LOG=json`` writes a JSON object a line, for programs that gather logs.
"""

import datetime
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
#: What a path keeps as it is; anything else is percent-encoded, line breaks above all.
_SAFE = "/-._~@:+"

access = logging.getLogger("workbench.access")
accounts = logging.getLogger("workbench.accounts")


@dataclass
class Asked:
    """A request that is being answered."""

    address: str = ""
    number: str = field(default_factory=lambda: secrets.token_hex(6))
    began: float = field(default_factory=time.monotonic)
    request: HttpRequest | None = None

    @property
    def account(self) -> int | None:
        """Return the number of the account, where somebody has asked already: it costs no query."""
        return getattr(getattr(self.request, "_cached_user", None), "pk", None)

    def line(self, method: str, path: str, status: int) -> None:
        took = 1000 * (time.monotonic() - self.began)
        access.info(
            "%s %s %d %.0f ms%s",
            method,
            quote(path, safe=_SAFE),
            status,
            took,
            "" if self.account is None else f" account {self.account}",
        )


ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)


def number() -> str:
    """Return the number of the request that is being answered; empty outside of one."""
    asked = ASKED.get()
    return "" if asked is None else asked.number


def who() -> str:
    """Return who asks, for a line of the log: the account by its number, and the address."""
    asked = ASKED.get()
    if asked is None:
        return "on the command line"
    account = "somebody" if asked.account is None else f"account {asked.account}"
    return f"by {account} from {asked.address or 'nowhere'}"


class Numbered:
    """Gives a request its number, unless the server has, and learns whose it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = ASKED.get()
        if asked is not None:
            asked.request = request
            return self.get_response(request)
        asked = Asked(request.META.get("REMOTE_ADDR", ""), request=request)
        token = ASKED.set(asked)
        try:
            response = self.get_response(request)
            response[HEADER] = asked.number
            asked.line(str(request.method), request.path, response.status_code)
        finally:
            ASKED.reset(token)
        return response


Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


def numbered(scope: Mapping[str, Any], send: Send) -> Send:
    """Begin a request of the server; return what sends its answer, with its number."""
    asked = Asked((scope.get("client") or ("",))[0])
    ASKED.set(asked)

    async def send_with_number(message: Message) -> None:
        if message["type"] == "http.response.start":
            mine = (HEADER.lower().encode(), asked.number.encode())
            message = {**message, "headers": [*message.get("headers", ()), mine]}
            asked.line(scope["method"], scope["path"], message["status"])
        await send(message)

    return send_with_number


# How a line looks


class Text(logging.Formatter):
    """A line for people: time, level, where from, the number of the request, the message."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {numbered}{message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        asked = number()
        record.numbered = f"[{asked}] " if asked else ""
        return super().format(record)


class Json(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message``, ``request``, ``error``."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, tz=datetime.UTC)
        told = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if asked := number():
            told["request"] = asked
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


# Accounts


class PasswordChanges:
    """Django's only word of a changed password: it tells each validator once it is stored."""

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse nothing."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: Any = None) -> None:
        accounts.info("The password of account %s was set %s.", getattr(user, "pk", "?"), who())


def told_failed(username: str) -> str:
    """Name who could not log in: by number, because an unknown name may be a mistyped password."""
    model = get_user_model()
    key = model._default_manager.filter(username=username[:150]).values_list("pk", flat=True)
    found = key.first()
    return "an unknown name" if found is None else f"account {found}"


def note_failed(credentials: Mapping[str, Any], **_: object) -> None:
    name = told_failed(str(credentials.get("username") or ""))
    accounts.warning("A log-in failed: %s, %s.", name, who())


def note_throttled(username: str, seconds: int) -> None:
    name = told_failed(username)
    accounts.warning("A log-in has to wait %d s: %s, %s.", seconds, name, who())


def note_made(instance: Any, created: bool, raw: bool = False, **_: object) -> None:
    if created and not raw:
        rank = " (superuser)" if instance.is_superuser else ""
        accounts.info("Account %s%s was made %s.", instance.pk, rank, who())


def listen() -> None:
    """Hear of log-ins and accounts, whoever makes them: a page, the administration, a command."""
    user_login_failed.connect(note_failed, dispatch_uid="log_failed")
    post_save.connect(note_made, sender=get_user_model(), dispatch_uid="log_made")
