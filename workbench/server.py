"""The server: uvicorn, one process (DESIGN 6)."""

import asyncio
import contextlib
import errno
import gc
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created
from django.utils.module_loading import import_string

from workbench import background, daily, static
from workbench.connections import BACKLOG, Crowd, Proxies, connections_of, most_connections
from workbench.sqlite.base import DatabaseWrapper
from workbench.sqlite.claim import Claimed, claim
from workbench.sqlite.files import Unsound, hold, let_go_of_all, refuse_unsound
from workbench.sqlite.queue import PATIENCE, LockRefused

#: Seconds that running requests get after Ctrl-C or SIGTERM.
GRACE = 5
#: Connections that the system keeps until this process takes them.
QUEUE = 2048
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000


log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The address is not to be had; the message says which and what would do."""


def listen(host: str, port: int, *, tries: int = 1) -> socket.socket:
    """Return a listening socket on ``port`` or, with more ``tries``, the next free one.

    Port 0 takes any free port.
    """
    for candidate in range(port, min(port + tries, 65536)):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, candidate, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except socket.gaierror as error:
            raise CannotListen(
                f'"{host}" is no address of this machine ({error.strerror}).'
            ) from None
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            # Bound alone is not taken: two that start at once would both believe they have it.
            listener.listen(QUEUE)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise CannotListen(
                    f"Cannot listen on {host}, port {candidate}: {error.strerror}."
                ) from None
            continue
        listener.set_inheritable(True)
        return listener
    raise CannotListen(
        f"Port {port} of {host} is taken; stop what uses it or choose another with --port."
        if tries == 1
        else f"The ports {port} to {port + tries - 1} of {host} are all taken; "
        "choose another with --port."
    )


def address(listener: socket.socket) -> str:
    """Return the URL under which a browser on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    if host == "0.0.0.0":  # noqa: S104
        host = "127.0.0.1"
    elif ":" in host:
        host = "[::1]" if host == "::" else f"[{host}]"
    return f"{'https' if settings.HTTPS else 'http'}://{host}:{port}/"


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    ready: Callable[[], None]
    end_streams: Callable[[], None]
    #: None where no worker is to run beside this server.
    worker: background.Keeper | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            # asyncio has made the system's queue as short as what it accepts at once.
            listener.listen(QUEUE)
        if self.started:
            self.ready()
            if self.worker is not None:
                # Not before: the first page waits for no worker.
                self.worker.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams never end by themselves: a server that waited for them would always wait long.
        self.end_streams()
        if self.worker is not None:
            self.worker.tell_to_end()
        await super().shutdown(sockets)
        if self.worker is not None:
            await asyncio.to_thread(self.worker.wait)
        # The signal that ends this server is raised again next, and no connection is closed by
        # Python: here the log goes back into the database.
        let_go_of_all()


class CannotServe(Exception):
    """The database cannot be served; the message says why, and what would do."""


def take_database() -> None:
    """Claim an SQLite file for this server, and see that it is whole, before anything opens it.

    On PostgreSQL, which several servers may serve, there is nothing to take.
    """
    connection = connections["default"]
    if not isinstance(connection, DatabaseWrapper) or connection.is_in_memory_db():
        return
    name = str(connection.settings_dict["NAME"])
    try:
        claim(name).take()
        refuse_unsound(name)
    except (Claimed, Unsound) as refusal:
        raise CannotServe(str(refusal)) from None
    except LockRefused as refusal:
        # Reading goes on; the claim is taken before the first change that can be stored.
        log.warning("%s Until then nothing can be saved.", refusal)
    hold(name)


def wait_for_no_lock_for_ever(connection: Any, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{PATIENCE:g}s"])


def serve(listener: socket.socket, *, ready: Callable[[str], None], worker: bool = True) -> None:
    """Serve until Ctrl-C or SIGTERM; call ``ready`` with the address once requests are taken.

    A ``worker`` process runs beside the server from then on, and ends with it.
    """
    static.prepare()
    connection = connections["default"]
    if isinstance(connection, DatabaseWrapper) and connection.queue is not None:
        # The other half goes on answering readers whatever the writers wait for.
        connection.queue.most_waiting = settings.SERVER_THREADS // 2
    if connection.vendor == "postgresql":
        # Neither a machine that does not answer nor a lock that another program keeps holds a
        # thread for longer than a request may take.
        connection.settings_dict["OPTIONS"].setdefault("connect_timeout", 10)
        connection_created.connect(wait_for_no_lock_for_ever)
    connection.close()
    config = uvicorn.Config(
        "workbench.asgi:application",
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        # Behind a proxy on this machine: its X-Forwarded-Proto and -For hold. Another proxy is
        # named in FORWARDED_ALLOW_IPS.
        proxy_headers=True,
        backlog=BACKLOG,
    )
    proxies = Proxies(config.forwarded_allow_ips)
    config.http = connections_of(Crowd(most_connections(), proxies=proxies))
    # What is loaded by now stays: the collector need not go through it again at every large page.
    config.load()
    gc.collect()
    gc.freeze()
    server = Server(config)
    server.end_streams = import_string(config.app.replace(":", ".")).end_streams
    server.worker = background.Keeper() if worker else None
    server.ready = lambda: ready(address(listener))
    daily.start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
