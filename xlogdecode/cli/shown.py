"""Names and lines, safe to show: they come from archives and logs, and a terminal would obey."""

__all__ = ["shown"]


def shown(text: str) -> str:
    """Return `text` with all that would break a line, a terminal or an encoder escaped."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as Python keeps it
        return f"\\x{code - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")
