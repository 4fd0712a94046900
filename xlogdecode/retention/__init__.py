"""Log folders kept to seven days, and not one file too many.

    policy = load_policy("sweep.yaml")
    for root in policy.roots:
        decisions = plan(scan(root.path, layout=root.layout), root.rule, now=now)
        outcomes = carry_out(decisions, dry_run=True)

`Sweep` does that for a whole policy, wildcards, guards and all.
"""

from xlogdecode.retention.apply import Outcome, Verdict, carry_out, iter_outcomes
from xlogdecode.retention.guards import GuardError
from xlogdecode.retention.layouts import LAYOUTS, Layout, LogName
from xlogdecode.retention.plan import Decision, Reason, Rule, plan
from xlogdecode.retention.policy import Policy, Root, load_policy
from xlogdecode.retention.scan import Candidate, Kind, LogDirectory, scan, scan_directories
from xlogdecode.retention.sweep import Sweep

__all__ = [
    "LAYOUTS", "Candidate", "Decision", "GuardError", "Kind", "Layout", "LogDirectory", "LogName",
    "Outcome", "Policy", "Reason", "Root", "Rule", "Sweep", "Verdict", "carry_out",
    "iter_outcomes", "load_policy", "plan", "scan", "scan_directories",
]  # fmt: skip
