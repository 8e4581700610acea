#!/usr/bin/env python3
"""Runs the workbench's commands: ``manage.py help`` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
    try:
        from django.conf import settings
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Run: "
            "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
        )

    from annotations.domain.errors import SettingsRefused

    # Settings are read here, before Django catches what they raise, so that a mistyped
    # variable ends in one sentence and not in a traceback.
    try:
        settings.INSTALLED_APPS  # noqa: B018
    except SettingsRefused as refusal:
        sys.exit(str(refusal))
    from django.db import DatabaseError, InterfaceError

    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        # Whoever read what was written has read enough, as `head` does. Python would complain
        # once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (DatabaseError, InterfaceError, OSError) as error:
        refuse(error)
        raise


def refuse(error: Exception) -> None:
    """End with a sentence where a disk or a database is to blame; else return."""
    from django.core.management import CommandError
    from django.db import DatabaseError

    from annotations.management.commands.serve import refuse_an_old_database
    from workbench.trouble import sentence

    if isinstance(error, DatabaseError):
        # Mostly a server that is down, or a database that nobody migrated yet.
        try:
            refuse_an_old_database()
        except CommandError as refusal:
            sys.exit(str(refusal))
        except DatabaseError:
            # As broken as before: the first error is told.
            pass
    said = sentence(error)
    if said is not None:
        sys.exit(said)


if __name__ == "__main__":
    main()
