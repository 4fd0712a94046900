"""Log folders kept to seven days, and not one file too many.

    result = sweep("/sdcard", keep="7d")            # a dry run
    result = sweep("/sdcard", keep="7d", delete=True)

`sweep` asks all guards. The steps that it is made of:

    policy = load_policy("sweep.yaml")
    for root in policy.roots:
        decisions = plan(scan(root.path, layout=root.layout), root.rule, now=now)
        outcomes = carry_out(decisions, dry_run=True)
"""

from xlogdecode.retention.apply import SweepOutcome, SweepVerdict, carry_out, iter_outcomes
from xlogdecode.retention.candidates import Candidate, EntryKind, LogDirectory
from xlogdecode.retention.guards import GuardError
from xlogdecode.retention.layouts import LAYOUTS, FolderLayout
from xlogdecode.retention.names import LogName
from xlogdecode.retention.plan import Decision, DecisionReason, Rule, plan
from xlogdecode.retention.policy import Policy, Root, load_policy
from xlogdecode.retention.run import SweepOptions, SweepResult, run_sweep
from xlogdecode.retention.scan import scan, scan_directories
from xlogdecode.retention.state import LockHeldError
from xlogdecode.retention.sweep import Sweep

__all__ = [
    "LAYOUTS", "Candidate", "Decision", "DecisionReason", "EntryKind", "FolderLayout",
    "GuardError", "LockHeldError", "LogDirectory", "LogName", "Policy", "Root", "Rule", "Sweep",
    "SweepOptions", "SweepOutcome", "SweepResult", "SweepVerdict", "carry_out", "iter_outcomes",
    "load_policy", "plan", "run_sweep", "scan", "scan_directories",
]  # fmt: skip
