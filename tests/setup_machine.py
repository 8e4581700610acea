"""Finds, or as root on Debian and Ubuntu installs, the programs that the tests need."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

#: Chromium without windows: the same engine, and the tests take two thirds of the time.
SHELL = "chromium-headless-shell"
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OLDEST_NODE = 18
#: What docs/operations.md has samples for.
PROXIES = ("nginx", "caddy")


def chromium() -> str | None:
    """Return the path of a Chromium or Chrome that starts, or None."""
    for name in BROWSERS:
        program = shutil.which(name)
        # Ubuntu's chromium-browser may be a script that only asks for a snap.
        if program and _says_its_version(program):
            return program
    return None


def node() -> str | None:
    """Return the path of a Node.js that has ``node --test``, or None."""
    program = shutil.which("node") or shutil.which("nodejs")
    if program is None:
        return None
    found = re.match(r"v(\d+)", _says_its_version(program) or "")
    return program if found and int(found[1]) >= OLDEST_NODE else None


def postgresql() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest, or None."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    if on_path:
        installed.append(Path(on_path).resolve().parent)
    for folder in installed:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def proxy(name: str) -> str | None:
    """Return the path of nginx or Caddy, or None; Debian has nginx where users have no path to."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def apt_install(*packages: str) -> bool:
    """Install Debian packages as root; False where that is not possible."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"Installing {', '.join(packages)} with apt-get.", flush=True)
    environ = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        # Debian's package would otherwise start a cluster of its own on port 5432.
        "PG_CREATE_MAIN_CLUSTER": "false",
        # And those of proxies a service on port 80.
        "RUNLEVEL": "1",
    }
    _update(tuple(sorted(environ.items())))
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    return _quietly(command, environ)


@functools.cache
def _update(environ: tuple[tuple[str, str], ...]) -> bool:
    return _quietly(["apt-get", "update", "-q"], dict(environ))


def _quietly(command: list[str], environ: dict[str, str]) -> bool:
    done = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-2000:])
    return done.returncode == 0


def _says_its_version(program: str) -> str | None:
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
