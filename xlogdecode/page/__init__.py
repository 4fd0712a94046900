"""The case page: records, and what is known of them, as one HTML file that needs no network.

page = CasePage(redactor=None)
with open("imsdk_20240101.xlog", "rb") as file:
    page.add("imsdk_20240101.xlog", read_records(file))
with open("case.html", "wb") as file:
    page.write(file)
"""

from xlogdecode.page.case_page import CasePage, LogFacts
from xlogdecode.page.source_rows import SourceRows, SourceWorker
from xlogdecode.page.spool import DEFAULT_SIZE

__all__ = ["DEFAULT_SIZE", "CasePage", "LogFacts", "SourceRows", "SourceWorker"]
