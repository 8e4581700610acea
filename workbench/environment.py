"""The environment variables that set the workbench up, read and checked.

Whatever cannot be used is refused with ``SettingsRefused`` in one sentence that names the
variable, its value (never that of a secret) and what would do. ``docs/settings.md`` lists them.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from annotations.domain.errors import SettingsRefused

SHORTEST_SECRET_KEY = 50


def truth(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Return the variable as a truth value; only ``True`` and ``False`` will do."""
    value = environ.get(name, "")
    if value == "":
        return default
    if value not in ("True", "False"):
        raise SettingsRefused(f'{name} is "{value}"; use True or False.')
    return value == "True"


def number(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    """Return the variable as a whole number from ``least`` to ``most``, both included."""
    value = environ.get(name, "")
    if value == "":
        return default
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingsRefused(f'{name} is "{value}"; use a whole number from {least} to {most}.')
    return int(value)


def choice(environ: Mapping[str, str], name: str, *, default: str, among: tuple[str, ...]) -> str:
    """Return the variable, which is one of a few words."""
    value = environ.get(name) or default
    if value not in among:
        raise SettingsRefused(f'{name} is "{value}"; use {" or ".join(among)}.')
    return value


def hosts(environ: Mapping[str, str], name: str, *, default: str) -> list[str]:
    """Return a comma-separated list of host names, without scheme, port or path."""
    value = environ.get(name) or default
    found = [host.strip() for host in value.split(",") if host.strip()]
    if not found:
        raise SettingsRefused(
            f'{name} is "{value}"; name at least one host, for example desk.example.org.'
        )
    for host in found:
        literal = host.startswith("[") and host.endswith("]")
        if "/" in host or " " in host or (":" in host and not literal):
            raise SettingsRefused(
                f'{name} contains "{host}"; give host names without scheme, port or path, '
                "separated by commas, for example desk.example.org,localhost,[::1]."
            )
    return found


def database(environ: Mapping[str, str], *, default: Path) -> dict[str, Any]:
    """Return Django's description of the database that ``DATABASE_URL`` names.

    ``sqlite:///relative/path``, ``sqlite:////absolute/path`` and ``sqlite:///:memory:``, or
    ``postgresql://user:password@host:port/name?option=value``. Every part is percent-decoded.
    A Unix socket is the folder in ``?host=/folder``, or percent-encoded in place of the host.
    """
    url = environ.get("DATABASE_URL", "")
    if url == "":
        return sqlite(str(default))
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        if not rest.startswith("/") or rest == "/" or "?" in rest:
            raise SettingsRefused(
                f'DATABASE_URL is "{url}"; name a file, for example sqlite:///workbench.sqlite3 '
                "(relative) or sqlite:////var/lib/workbench/workbench.sqlite3 (absolute)."
            )
        return sqlite(unquote(rest[1:]))
    if scheme in ("postgres", "postgresql"):
        return postgresql(url)
    # The value may hold a password even where its scheme is mistyped, so it is not repeated.
    raise SettingsRefused(
        f'DATABASE_URL begins with "{scheme}"; '
        "use sqlite:///file or postgresql://user:password@host:port/name."
    )


def sqlite(name: str) -> dict[str, Any]:
    if name != ":memory:":
        path = Path(name).absolute()
        if not path.parent.is_dir():
            raise SettingsRefused(
                f'DATABASE_URL names "{path}", but the folder "{path.parent}" does not exist; '
                "make it first."
            )
        if path.is_dir():
            raise SettingsRefused(
                f'DATABASE_URL names "{path}", which is a folder; name a file in it.'
            )
        name = str(path)
    return {
        "ENGINE": "workbench.sqlite",
        "NAME": name,
        # Connections live as long as the server's worker threads do.
        "CONN_MAX_AGE": None,
        "OPTIONS": {"timeout": 30},
    }


def postgresql(url: str) -> dict[str, Any]:
    wanted = "use postgresql://user:password@host:port/name?option=value"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsRefused(f"DATABASE_URL cannot be read: {error}; {wanted}.") from None
    name = unquote(parts.path.removeprefix("/"))
    try:
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise SettingsRefused(
            f'DATABASE_URL ends with "?{parts.query}"; use option=value, joined by "&".'
        ) from None
    if parts.fragment:
        raise SettingsRefused(
            'DATABASE_URL contains a bare "#"; write it as %23 where it belongs to the password.'
        )
    if name == "" or "/" in name:
        raise SettingsRefused(f'DATABASE_URL names the database "{name}"; {wanted}.')
    host = unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or "") or options.pop("password", ""),
        "HOST": options.pop("host", host),
        "PORT": options.pop("port", "") if port is None else str(port),
        "CONN_MAX_AGE": None,
        # A server that was restarted overnight costs one query per request, not the first
        # request of every thread.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def secret_key(environ: Mapping[str, str], *, kept_in: Path) -> str:
    """Return the secret key, made at the first run and kept in ``kept_in`` for its owner alone.

    Two first runs at the same moment end with the same key.
    """
    value = environ.get("WORKBENCH_SECRET_KEY", "")
    if value:
        if len(value) < SHORTEST_SECRET_KEY or len(set(value)) < 5:
            raise SettingsRefused(
                f"WORKBENCH_SECRET_KEY has {len(value)} characters, {len(set(value))} of them "
                f"different; use at least {SHORTEST_SECRET_KEY} random ones, for example from: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
            )
        return value
    try:
        key = _kept(kept_in) if kept_in.exists() else _make(kept_in)
    except OSError as error:
        raise SettingsRefused(
            f'The secret key cannot be kept in "{kept_in}" ({error.strerror}); '
            "make the folder writable or set WORKBENCH_SECRET_KEY."
        ) from None
    if len(key) < SHORTEST_SECRET_KEY:
        raise SettingsRefused(
            f'"{kept_in}" holds {len(key)} characters and should hold a secret key; '
            "delete it, and the next run makes a new one."
        )
    return key


def _kept(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written whole under another name and then linked: link() fails where a key is there
    # already, so nobody ever reads half a key or replaces one in use.
    draft = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return _kept(path)
