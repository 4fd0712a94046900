"""What must not leave the house: values that tell who someone is become placeholders."""

from xlogdecode.redact.redactor import Redactor
from xlogdecode.redact.replay import learn_first, learn_from
from xlogdecode.redact.rules import (
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
