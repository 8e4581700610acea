"""Downloads that do not hold a worker thread while a slow client takes them.

A view computes the whole download and calls ``download``. What exceeds 1 MB goes to a
temporary file without a name, which the event loop (``workbench/asgi.py``) sends after the
thread has gone on to its next request. Under any other WSGI server the response carries the
file itself.
"""

import io
import tempfile
from collections.abc import Iterable
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

IN_MEMORY = 1024 * 1024
#: Where the ASGI scope of a request holds its ``Handover``.
SLOT = "workbench.handover"


class Handover:
    """What a worker thread leaves for the event loop to send."""

    def __init__(self) -> None:
        self.file: IO[bytes] | None = None

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def download(
    request: HttpRequest, chunks: Iterable[bytes], *, filename: str, content_type: str
) -> HttpResponseBase:
    """Answer with all ``chunks`` as a file to save.

    They are drawn before this returns: what reads the database does so inside the view, and an
    error among them is an error page instead of a broken file.
    """
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        for chunk in chunks:
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    return send(request, file, filename=filename, content_type=content_type)


def send(
    request: HttpRequest, file: IO[bytes], *, filename: str, content_type: str
) -> HttpResponseBase:
    """Answer with an open file, from its beginning; it is closed afterwards."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    handover = request.META.get("asgi.scope", {}).get(SLOT)
    response: HttpResponseBase
    if size <= IN_MEMORY:
        with file:
            response = HttpResponse(file.read(), content_type=content_type)
    elif handover is not None:
        response = HttpResponse(content_type=content_type)
        handover.file = file
    else:
        response = FileResponse(file, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["Cache-Control"] = "no-store"
    return response
