"""Log text where a person looks at it: in colours, through a pager, safe for the terminal.

Imported only where that is so: text for files and pipes goes there as it is.
"""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from xlogdecode.cli.pager import Pager
from xlogdecode.cli.streams import has_colour, standard_output
from xlogdecode.jobs.request import Request
from xlogdecode.outputs import Escaped
from xlogdecode.outputs.log_painter import LogPainter
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from xlogdecode.jobs.request import TextView
    from xlogdecode.jobs.selection import Selection

__all__ = ["Screen"]


class Screen:
    """Standard output, as the text of one run is shown there."""

    def __init__(self, selection: "Selection | None" = None, *, pages: bool = False) -> None:
        """Show what `selection` takes; with `pages` through a pager, if it is a terminal."""
        wanted = selection.filter if selection is not None else None
        self._hits = wanted.grep if wanted is not None and not wanted.invert else None
        self._gaps = wanted is not None and bool(wanted.before or wanted.after)
        is_text = selection is None or (selection.format == "text" and not selection.count)
        self._pager = Pager() if pages and sys.stdout.isatty() else None
        out: Sink = self._pager or standard_output()
        self._paints = is_text and has_colour(sys.stdout)
        self.sink = out if self._paints else Escaped(out)

    def applied_to(self, request: Request) -> Request:
        """Return the request with the view that makes text safe, where the sink does not."""
        return request._replace(view=self.view) if self._paints else request

    def view(self, sink: Sink, names: Sequence[str] = ()) -> "TextView":
        """Return what shows the text of one source, or of a timeline of the sources `names`."""
        return LogPainter(sink, hits=self._hits, names=names, gaps=self._gaps)

    def pager(self) -> AbstractContextManager[object]:
        """Return the context in which the text is written; it ends when the user has seen it."""
        return self._pager or nullcontext()
