"""Static files under names that hold a digest of what is in them.

A browser may keep such a file for ever. ``prepare`` writes them to ``STATIC_ROOT``; the server
calls it before it starts, so nobody has to remember ``collectstatic``. With WORKBENCH_DEBUG
the files are served from where they lie, under their own names.
"""

import fcntl
import hashlib
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    # Without it `import "./offsets.js"` inside a module keeps its plain name, and a browser
    # runs yesterday's module beside today's.
    support_js_module_import_aggregation = True


def fingerprint() -> str:
    """Return a digest of name, size and time of every static file that the finders know."""
    seen = hashlib.sha256(b"1")
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _remove_since(root: Path, moment: float) -> None:
    for path in root.rglob("*"):
        # A second more: some file systems cut their times.
        if path.is_file() and path.stat().st_ctime >= moment - 1:
            path.unlink()


def prepare() -> bool:
    """Collect the static files into ``STATIC_ROOT`` where they changed; say whether they did."""
    if settings.DEBUG:
        return False
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    note = root.with_name(f"{root.name}.fingerprint")
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        # Two servers that start at once would hash each other's half-written files.
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = fingerprint()
        if note.exists() and note.read_text() == current and (root / "staticfiles.json").exists():
            return False
        # Not cleared: a server that runs already, and pages open in browsers, go on asking for
        # the old names.
        before = time.time()
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
            note.write_text(current)
        except BaseException:
            # What a full disk cut off carries the digest of the whole, and would be kept for good.
            _remove_since(root, before)
            raise
    # This process read the old manifest, or none, when it was set up.
    if hasattr(staticfiles_storage, "load_manifest"):
        staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = (
            staticfiles_storage.load_manifest()
        )
    return True
