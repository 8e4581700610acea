"""What passes through on its way into a file: how much it was, and its digest."""

import hashlib
from collections.abc import Iterable, Iterator


class Tally:
    """Yield ``chunks`` as they are; afterwards ``size`` and ``sha256`` say what they were."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self.size += len(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
