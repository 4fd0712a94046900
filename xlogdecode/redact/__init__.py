"""What must not leave the house: values that tell who someone is become placeholders."""

from xlogdecode.redact.redactor import Redactor
from xlogdecode.redact.rules import (
    Pattern,
    RedactionRules,
    built_in_rules,
    load_rules,
    parse_rules,
)

__all__ = ["Pattern", "RedactionRules", "Redactor", "built_in_rules", "load_rules", "parse_rules"]
