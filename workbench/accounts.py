"""Who is logged in: Django's own accounts, asked for by a query that is written once.

Passwords cannot be guessed at speed: after ten wrong ones for an account from one address each
next try waits longer, a minute at most, and one address has a budget of wrong ones for whatever
names. Counted in this process's memory alone.
"""

import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from annotations.models.prepared import Prepared
from workbench.connections import network_of
from workbench.logs import note_throttled

_USER = Prepared(lambda key: User.objects.filter(pk=key), int)


class Tries:
    """How often a password was tried for a name from an address, and how long the next waits.

    ``FREE`` tries cost nothing; then one waits 1, 2, 4 … seconds after the one before, ``LONGEST``
    at most, so that nobody is shut out for long because somebody else guesses. A name that rests
    for ``KEPT`` seconds is forgotten, and of more than ``MOST`` the one that rests longest.
    """

    FREE, LONGEST, KEPT, MOST = 10, 60, 900, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        #: (name, address) → how many tries, and when the last was. The oldest first.
        self._made: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def begin(self, key: tuple[str, str]) -> int:
        """Count a try, before its password is looked at; or return the seconds to wait first.

        A try that has to wait is not counted. Counted before, because of many at once each would
        otherwise find that none had failed yet.
        """
        now = self.clock()
        with self._lock:
            made, last = self._made.get(key, (0, now))
            if now - last > self.KEPT:
                made = 0
            if made >= self.FREE:
                left = last + min(2 ** min(made - self.FREE, 16), self.LONGEST) - now
                if left > 0:
                    return ceil(left)
            self._made[key] = (made + 1, now)
            self._made.move_to_end(key)
            if len(self._made) > self.MOST:
                self._made.popitem(last=False)
        return 0

    def forget(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._made.pop(key, None)

    def __len__(self) -> int:
        return len(self._made)


class Guesses:
    """How many wrong passwords an address may try, for whatever names: a new name is not free.

    ``FREE`` at once, one more every ``SECONDS``. Of more than ``MOST`` addresses the one that
    rests longest is forgotten.
    """

    FREE, SECONDS, MOST = 30, 20.0, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        #: Address → when all that it has tried is forgotten.
        self._until: OrderedDict[str, float] = OrderedDict()

    def wait(self, place: str) -> int:
        """Return for how many seconds no password is looked at from here."""
        with self._lock:
            return self._wait(place)

    def _wait(self, place: str) -> int:
        owed = self._until.get(place, 0.0) - self.clock()
        return max(0, ceil(owed - (self.FREE - 1) * self.SECONDS))

    def take(self, place: str) -> int:
        """Count a guess, before its password is looked at; or return the seconds to wait first."""
        with self._lock:
            wait = self._wait(place)
            if wait == 0:
                now = self.clock()
                self._until[place] = max(self._until.get(place, now), now) + self.SECONDS
                self._until.move_to_end(place)
                if len(self._until) > self.MOST:
                    self._until.popitem(last=False)
            return wait

    def give_back(self, place: str) -> None:
        """Take the last guess back: it was right."""
        with self._lock:
            if place in self._until:
                self._until[place] -= self.SECONDS


TRIES = Tries()
GUESSES = Guesses()


class Accounts(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        """Return whose password this is.

        Raises ``ValidationError``, which the form that asked shows, where it is not looked at yet.
        """
        if request is None or username is None:
            # Not from a form: programs and tests, who could look the account up as well.
            return super().authenticate(request, username, password, **more)
        name = unicodedata.normalize("NFKC", username).casefold()[:150]
        place = network_of(request.META.get("REMOTE_ADDR", ""))
        key = (name, place)
        wait, where = TRIES.begin(key), ""
        if not wait:
            wait, where = GUESSES.take(place), " from your address"
        if wait:
            note_throttled(username, wait)
            seconds = "1 second" if wait == 1 else f"{wait} seconds"
            raise ValidationError(
                f"Too many wrong passwords were tried{where}. Wait {seconds}, then try again.",
                code="too_many_tries",
            )
        user: Any = super().authenticate(request, username, password, **more)
        if user is not None:
            TRIES.forget(key)
            GUESSES.give_back(place)
        return user

    def get_user(self, user_id: Any) -> User | None:
        user = _USER.first(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
