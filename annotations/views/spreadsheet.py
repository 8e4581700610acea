"""A list as a file: every row that its page shows, in its order, and a note of what left."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django_tables2 import RequestConfig

from annotations.actions.operational import note_export
from annotations.formats.spreadsheet import CONTENT_TYPE, as_csv
from annotations.formats.tally import Tally
from annotations.queries.access import Member
from annotations.queries.exports import head_of
from workbench.downloads import download


def send_list(
    request: HttpRequest,
    member: Member,
    table: Any,
    *,
    name: str,
    columns: Sequence[str],
    rows_of: Callable[[Member, Any, set[UUID]], Iterable[Sequence[Any]]],
) -> HttpResponseBase:
    """Answer with the rows of ``table`` as CSV; ``rows_of`` also notes the sources it names."""
    RequestConfig(request, paginate=False).configure(table)
    named: set[UUID] = set()
    file = Tally(as_csv(columns, rows_of(member, table.data.data, named)))
    filename, head = f"{member.project.slug}-{name}.csv", head_of(member.project)
    answer = download(request, file, filename=filename, content_type=CONTENT_TYPE)
    if request.method == "GET":
        note_export(
            member.project,
            by=member.person,
            format=f"{name} as CSV",
            selection={name: value for name, value in request.GET.items() if value},
            articles=None,
            file_name=filename,
            size=file.size,
            sha256=file.sha256,
            head=head,
            sources=named,
        )
    return answer
