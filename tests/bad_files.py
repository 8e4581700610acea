"""Settings of a server whose readers know the formats of ``tests.readers``."""

from workbench.settings import *  # noqa: F403

FILE_READER = "tests.readers"
