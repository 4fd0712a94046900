"""Several logs as one timeline: `merge` gives its records, `render_merged` its bytes.

logs = [MergedLog(name, events) for name, events in ...]
for name, item in merge(logs):
print(name, item)
"""

from xlogdecode.merging.merge import MergedLog, count_merged, merge, render_merged

__all__ = ["MergedLog", "count_merged", "merge", "render_merged"]
