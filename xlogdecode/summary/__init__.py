"""The first questions about a log: who ran, how each session ended, what went wrong when."""

from xlogdecode.summary.collect import Summary, summarize
from xlogdecode.summary.show import as_text
from xlogdecode.summary.to_dict import as_dict

__all__ = ["Summary", "as_dict", "as_text", "summarize"]
