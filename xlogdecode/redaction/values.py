"""The value behind the name of a field, by the kind that it has."""

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["is_learnable", "is_plain_number", "values_at"]

_QUOTED: Final = re.compile(r"""\\*(?P<quote>["'])(?P<value>(?:(?!\\*(?P=quote)).){1,512})""")
_QUOTES: Final = frozenset("\\\"'")
_WIDE: Final = (
    "\uff0c\uff1b\u3002\u201c\u201d\uff08\uff09\u3010\u3011\u300a\u300b\u300c\u300d\u300e\u300f"
)
"""Signs of Chinese text that end a value as `,` and the like do."""
_LETTERS: Final = (
    rf"""(?>(?:[^\s|,;:&"'<>()\[\]{{}}\\\x00{_WIDE}\uff1a\u3001\uff01\uff1f]|\\+(?!["'\\nrt]))+)"""
)
_WORD: Final = re.compile(_LETTERS)
_UNQUOTED: Final = rf"""(?:[^\s|,;"'<>()\[\]{{}}\\\x00{_WIDE}]|(?<=\w)'(?=\w))"""
_ADDRESSED: Final = re.compile(
    rf"(?:(?:[^\W\d_][\w-]*+ ){{1,2}}(?=[\w-]++['\u2019]s ))?"
    rf"(?>{_UNQUOTED}+)(?:(?:(?<=['\u2019]s)|(?<=\u7684)) (?>{_UNQUOTED}+)"
    rf"(?>(?: (?:Pro|Air|Max|[mM]ini|Plus|Ultra|[0-9]{{1,2}})(?![\w:=]))*))?"
)
"""`Anna's iPad` is one, and so is `Anna Lee's iPad`; in Chinese the sign is U+7684."""
_LIST: Final = re.compile(
    r"""\\*["']?(?:[\[({<\u3010]([^\])}>\u3011\n]{0,4096})[\])}>\u3011]?|([^\s|]{1,4096}))"""
)
_TALL_LIST: Final = re.compile(
    r"""\[[ \t]*\n((?:[ \t]*(?:\\*["'])?[^\s,;|"'<>()\[\]{}\\]{1,128}(?:\\*["'])?,?[ \t]*\n)"""
    r"{1,400})[ \t]*\]"
)
"""A line for each item, as tools print JSON for people."""
_ITEM: Final = re.compile(rf"""[^\s,;|"'<>()\[\]{{}}\\{_WIDE}\u3001]+""")
_FIELD: Final = re.compile(r"[A-Za-z_]\w*=[^=]")
"""An item of a list of objects, `User(id=1)`, whose fields have names of their own."""
_OPENS_OBJECT: Final = ("(", "{")
_NAMES: Final = re.compile(r"""\\*["']? ?:""")
"""Behind an item it shows that this is the name of a field: the list is one of objects."""
_IN_NAME: Final = r"""(?:[^\n|,;:"'<>()\[\]{}\\\x00]|(?<=\w)'(?=\w))"""
_NAME: Final = re.compile(
    rf"(?! ){_IN_NAME}(?:{_IN_NAME}{{0,60}}?"
    r"(?=[ \t]*+(?:[|,;)\]}>]|$)|(?: |[\uff0c\uff1b\u3002] ?+)[\w-]++[:=\uff1a])"
    r"""|[^\s|,;:"'<>()\[\]{}\\\x00]*+(?: [A-Z][^\s|,;:"'<>()\[\]{}\\\x00]*+)?)""",
    re.MULTILINE,
)
"""Up to the next field; where there is none, a word and those behind it with a capital letter."""
_TOKEN: Final = re.compile(
    r"[0-9A-Fa-f]{8}(?: [0-9A-Fa-f]{8}){3,15}(?![0-9A-Za-z])|(?!q-sign)@?[A-Za-z0-9+/=_.~*%-]{4,}"
)
"""Apple's systems write a token in groups of eight."""
_COOKIE: Final = re.compile(
    r"""[\w.-]++=[^\s;,|"'<>\\]++(?>(?:; ?(?!(?i:path|domain|expires|max-age|samesite)=)"""
    r"""[\w.-]++=[^\s;,|"'<>\\]++)*)|[\w.%~*+/=-]{4,}"""
)
_URL: Final = re.compile(rf"""[^\s|,;"'<>()\[\]{{}}\\\x00{_WIDE}]{{4,}}""")
_PHONE: Final = re.compile(r"\+?\(?[0-9][0-9() -]{5,18}[0-9](?![0-9A-Za-z])")
_CARD: Final = re.compile(
    r"[0-9A-Za-z]{9,31}"
    r"|(?=[0-9A-Za-z -]{6})[0-9A-Za-z]{1,8}(?:[ -][0-9A-Z][0-9A-Za-z]{0,7}(?![0-9A-Za-z])){0,5}"
)
"""Without blanks, or in groups of a few signs."""
_EMAIL: Final = re.compile(r"[^\s|,;:\"'<>]{1,64}@[^\s|,;:\"'<>]{3,64}")
_PLACE: Final = re.compile(
    r"[(\[{]?(-?[0-9]{1,3}\.[0-9]{2,}(?:[,/ ] *-?[0-9]{1,3}\.[0-9]{2,})?)(?![0-9.])"
)
_IP: Final = re.compile(
    r"(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?:[0-9A-Fa-f]{1,4}(?>(?::[0-9A-Fa-f]{1,4}){0,6}))?"
    r"::(?:[0-9A-Fa-f]{1,4}(?>(?::[0-9A-Fa-f]{1,4}){0,6}))?(?:(?:\.[0-9]{1,3}){3})?)(?![0-9A-Za-z:])"
)
_CONVERSATION: Final = re.compile(r"(?:[cC]2[cC]_?|(?i:group_?))?")
_PASSWORD: Final = re.compile(rf"""[^\s|,;"'<>()\[\]{{}}\\\x00{_WIDE}]++""")
_OBJECT: Final = r"(?:[A-Za-z_][\w.$]*+\{|[A-Z][\w.$]*+[(\[])"
"""An object in a text, whose fields have names of their own: `User{id=1}`."""
_QUOTED_TEXT: Final = re.compile(_QUOTED.pattern.replace("512", "1048576"))
_TEXT: Final = re.compile(r"(?![{\[])[^|\n\x00]++")
"""The text of a message, up to the next bar."""
_AT_ONCE: Final = rf"""(?!\\|->|@"|{_OBJECT})({_LETTERS})(?<![.!?])"""
_PLAIN: Final = {
    "conversation": re.compile(rf"[=>]?(?:[cC]2[cC]_?|(?i:group_?)|){_AT_ONCE}"),
    **dict.fromkeys(("user", "group", "call"), re.compile(f"[=>]?{_AT_ONCE}")),
}
"""Kind -> most of its values, right behind the sign: one step finds them."""
_SIGN: Final = re.compile(r"(?:->|[=>])?[ \t]{0,8}")
_SHAPES: Final = {
    "token": _TOKEN, "cookie": _COOKIE, "avatar": _URL, "phone": _PHONE, "card": _CARD,
    "email": _EMAIL, "location": _PLACE, "ip": _IP, "device": _ADDRESSED, "wifi": _NAME,
    "name": _NAME, "address": _NAME, "password": _PASSWORD, "text": _TEXT,
}  # fmt: skip
"""Kind -> what its value looks like where it is not quoted, in a group if there is one; `_WORD` for
the others.
"""
_OPENING: Final = re.compile(
    r"(?!<(?:[a-z_]+|[a-z][a-z0-9_]*-[0-9]+)>)[\[(<\u201c\u300c\u300e\u3010\u300a\uff08]"
    r"""|Optional\((?=\\*")|@(?=")|\{(?=[^\s{}:=,"']++\})"""
)
"""Signs that open what a value is in, but that of a placeholder."""
_IDS: Final = frozenset({"user", "group", "call"})
_OBJECTS: Final = re.compile(_OBJECT)
_BLANKS: Final = frozenset(" \t")
_NEXT: Final = re.compile(r"[A-Za-z_]\w*[=:](?!//|\\)")
"""The name of the next field, where this one has no value: `groupID= type=1`."""
_ANY_TEXT: Final = frozenset({"text", "cookie", "password"})
_NUMBERS: Final = frozenset({"device", "phone", "card"})
_NEXT_NUMBER: Final = re.compile(r"(?:, ?|[;/\u3001] ?)([0-9]{10,20})(?![0-9A-Za-z:=])")
_STOPS: Final = frozenset(".!?")

_STRICT: Final = frozenset({"ip", "phone", "location", "email", "card"})
"""The kinds whose values have their shape in quotes, too."""

_NO_SENTENCE: Final = frozenset({"name", "wifi", "avatar", "device", "address", "text", "cookie"})
"""The kinds whose values may hold blanks in quotes."""


def values_at(text: str, start: int, kind: str, *, is_list: bool) -> list[tuple[int, int]]:
    """Return where the values of a field are whose name and sign end at `start`."""
    if not is_list and kind in _PLAIN and (found := _PLAIN[kind].match(text, start)):
        return [found.span(1)]
    if sign := _SIGN.match(text, start):
        start = sign.end()
    if opening := _OPENING.match(text, start):
        is_list = is_list or (kind in _IDS and opening[0] == "[")
        start += 0 if is_list else len(opening[0])
    if is_list:
        begins = ((begin + _prefix(text, begin, kind), end) for begin, end in _items(text, start))
        return [(begin, end) for begin, end in begins if begin < end]
    in_quotes = _QUOTED_TEXT if kind == "text" else _QUOTED
    if text[start : start + 1] in _QUOTES and (quoted := in_quotes.match(text, start)):
        if kind not in _STRICT:
            return _in_quotes(text, quoted, kind)
        start = quoted.start("value")
    return _of_shape(text, start, kind)


def _of_shape(text: str, start: int, kind: str) -> list[tuple[int, int]]:
    """Return where the values are that begin at `start` and have the shape of their kind."""
    shape = _SHAPES.get(kind, _WORD)
    if kind not in _ANY_TEXT and text[start - 1] in _BLANKS and _NEXT.match(text, start):
        return []
    if shape is _WORD and _OBJECTS.match(text, start):
        return []
    found = shape.match(text, start + _prefix(text, start, kind))
    if not found:
        return []
    begin, end = found.span(shape.groups)
    while text[end - 1] in _STOPS and end > begin + 1:  # the end of a sentence
        end -= 1
    if kind in _NUMBERS and is_plain_number(text[begin:end]):
        return [(begin, end), *(more.span(1) for more in _more_numbers(text, end))]
    return [(begin, end)]


def _more_numbers(text: str, at: int) -> Iterator[re.Match[str]]:
    """Yield the numbers of the same kind right behind one."""
    while found := _NEXT_NUMBER.match(text, at):
        yield found
        at = found.end()


def _in_quotes(text: str, quoted: re.Match[str], kind: str) -> list[tuple[int, int]]:
    begin = quoted.start("value")
    end = begin + len(quoted["value"].rstrip("\\"))
    if kind not in _NO_SENTENCE and text.find(" ", begin, end) >= 0:
        return []
    begin += _prefix(text, begin, kind)
    return [(begin, end)] if begin < end else []


def _prefix(text: str, start: int, kind: str) -> int:
    """Return the length of what tells the type of a conversation, before the id."""
    if kind != "conversation":
        return 0
    found = _CONVERSATION.match(text, start)
    return found.end() - start if found else 0


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    found = _TALL_LIST.match(text, start) or _LIST.match(text, start)
    if found is None:
        return
    after_name = False
    shortest = 4 if found.lastindex == 1 else 6  # without brackets it may be their number
    for item in _ITEM.finditer(text, *found.span(found.lastindex or 0)):
        value = item[0]
        if after_name or value.startswith(":") or _NAMES.match(text, item.end()):
            after_name = value == ":"  # what is behind it is the value of a field of its own
            continue
        if text[item.end() : item.end() + 1] in _OPENS_OBJECT or _FIELD.match(value):
            continue
        if not (is_plain_number(value) and len(value) < shortest):
            name, colon, _ = value.partition(":")
            if not colon:
                yield item.span()
            elif name.lower() in {"id", "user", "userid", "user_id", "member"}:
                yield item.start() + len(name) + 1, item.end()


def is_plain_number(value: str) -> bool:
    """Tell whether a value is nothing but digits."""
    return value.isascii() and value.isdigit()


def is_learnable(value: str, kind: str) -> bool:
    """Tell whether a value is unlike any other word, so that it may be replaced wherever it is."""
    if not value.isascii():
        return len(value) >= 2
    if is_plain_number(value):
        return len(value) >= 5
    if kind == "name" and value.isalpha() and value.islower():
        return False  # it may be any word
    return len(value) >= (8 if kind in {"token", "password"} else 4)
