"""What a person wants to know of a log first: who ran, how it ended, what went wrong when."""

from xlogdecode.summary.collect import Summary, summarize
from xlogdecode.summary.show import as_dict, as_text

__all__ = ["Summary", "as_dict", "as_text", "summarize"]
