"""A PostgreSQL cluster for one test run, gone without a trace after it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

#: Nothing here must outlive a power cut, so nothing is flushed.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


class DidNotStart(Exception):
    pass


@contextlib.contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Yield the ``DATABASE_URL`` of a fresh cluster, reached by a socket in its own folder."""
    # Short: the path of a Unix socket holds 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="wb-pg-", dir="/tmp"))
    server: subprocess.Popen[bytes] | None = None
    try:
        as_whom = _somebody_else(folder)
        _initialise(programs, folder, as_whom)
        settings = [f"-c{name}={value}" for name, value in OPTIONS.items()]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for this script, which then stops the server in order.
                start_new_session=True,
                **as_whom,
            )
        _wait_until_it_answers(programs, folder, server)
        yield f"postgresql://workbench@/workbench?host={quote(str(folder), safe='')}"
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _somebody_else(folder: Path) -> dict[str, object]:
    """As root, hand the folder to a user of no consequence: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise DidNotStart("PostgreSQL does not run as root, and there is no user nobody.")


def _initialise(programs: Path, folder: Path, as_whom: dict[str, object]) -> None:
    said = ""
    for locale in ("C.UTF-8", "C"):
        command = [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "workbench"]
        done = subprocess.run(
            [*command, "-E", "UTF8", f"--locale={locale}", "--no-sync"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **as_whom,  # type: ignore[call-overload]
        )
        if done.returncode == 0:
            return
        said = done.stdout
        shutil.rmtree(folder / "data", ignore_errors=True)
    raise DidNotStart(f"initdb failed: {said}")


def _wait_until_it_answers(
    programs: Path, folder: Path, server: "subprocess.Popen[bytes]", seconds: float = 60
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        asked = subprocess.run(
            [programs / "pg_isready", "-q", "-h", folder], stdin=subprocess.DEVNULL, check=False
        )
        if asked.returncode == 0:
            return
        time.sleep(0.1)
    raise DidNotStart(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for how, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        server.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=seconds)
            return
