"""What a worker process does with a batch of imports, done in the test's own thread."""

from uuid import uuid4

from annotations.actions import importing, leases
from annotations.domain.leases import IMPORT
from annotations.formats.contract import Read
from annotations.formats.registry import importer_for
from annotations.models import ImportBatch
from annotations.queries.imports import WORKING


class Here:
    """Reads files in this process: what a test puts in the place of an importer holds."""

    def read_whole(self, data: bytes, *, name: str) -> Read:
        return importer_for(name, data).read(data, name=name)


def take_turn(batch: ImportBatch, reader: importing.Reads | None = None, **more) -> None:
    """Take one turn of the batch, under a lease that is given back whatever happens."""
    name, holder = f"{IMPORT}{batch.pk}", uuid4()
    assert leases.take(name, holder)
    try:
        importing.take_turn(name, holder, reader=reader or Here(), **more)
    finally:
        leases.release(holder)


def run(batch: ImportBatch, reader: importing.Reads | None = None) -> ImportBatch:
    """Take turns until the batch waits for nobody, or for a person; return it as it then is."""
    while (held := ImportBatch.objects.get(pk=batch.pk)).state in WORKING:
        take_turn(held, reader)
    return held
