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
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except DatabaseError:
        # Mostly a server that is down, or a database that nobody migrated yet.
        from django.core.management import CommandError

        from annotations.management.commands.serve import refuse_an_old_database

        try:
            refuse_an_old_database()
        except CommandError as refusal:
            sys.exit(str(refusal))
        raise


if __name__ == "__main__":
    main()
