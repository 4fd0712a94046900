"""Redaction: values that identify a person become placeholders."""

from xlogdecode.redaction.redactor import Redactor
from xlogdecode.redaction.replay import learn_first, learn_from
from xlogdecode.redaction.rules import (
    Pattern,
    RedactionRules,
    built_in_rules,
    load_rules,
    load_words,
    parse_rules,
)

__all__ = [
    "Pattern", "RedactionRules", "Redactor", "built_in_rules", "learn_first", "learn_from",
    "load_rules", "load_words", "parse_rules",
]  # fmt: skip
