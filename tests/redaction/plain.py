"""Redaction the slow way: each rule is tried on each line by itself, with no shortcut."""

import re

from xlogdecode.redaction import built_in_rules
from xlogdecode.redaction.forms import forms_of
from xlogdecode.redaction.loose import is_loose_value
from xlogdecode.redaction.values import is_learnable, values_at

LEARNT = {"user", "group", "call", "name", "device", "token", "password", "wifi"}
IDS = {"user", "group"}
SECOND = {"id", "name", "address", "addr", "number", "no", "card", "key", "url"}
CALLED = {"onsuccess", "succeed", "succeeded", "success", "succ"}
COUNTS = {
    "seq", "sequence", "random", "rand", "time", "ts", "timestamp", "stamp", "id", "ids", "cost",
    "size", "len", "length", "offset", "count", "version", "ver", "code", "hash", "nonce", "index",
    "idx", "port", "bits", "flag", "flags", "bytes", "total", "crc", "checksum", "ssrc", "frame",
    "pts", "dts", "cursor", "key", "msgid", "delay", "duration", "dur", "used", "free", "capacity",
    "pid", "tid", "thread", "ack", "task", "job", "tick", "ticks", "uptime", "elapsed",
    "interval", "period", "ms", "us", "ns", "of",
}  # fmt: skip
CHINESE_COUNTS = "序列|序号|时间|时间戳|耗时|大小|长度|数|数量|编号|版本|版本号"
VERSIONS = {
    "version", "ver", "build", "firmware", "release", "kernel", "mask", "protocol", "sdk", "os",
}  # fmt: skip
LISTS = (
    "list", "array", "ids", "members", "friends", "invitees", "accounts", "identifiers",
    "receivers",
)  # fmt: skip
NAME = re.compile(
    r"""(?=(?:(?<![\w-])|(?<=%26))([^\W\d_-][\w-]{0,63})(?:(?:\\*["'])?[ \t]{0,3}"""
    r"""([:=\uff1a\uff1d\u300c\u201c\u3010])|(%3[Dd])|((?: is)?[| >]|[(\[])))"""
)
OWN_NAME = re.compile(
    r"""(?i)((device|dev|phone|bt|bluetooth)[ _-]?name|(设备|蓝牙)(名称|名))[\\"' :=\uff1a]{0,6}$"""
)


class PlainRedactor:
    """Replaces values as `Redactor` is to do it."""

    def __init__(self):
        self._rules = built_in_rules()
        self._learnt = {}
        self._placeholders = {}

    def learn(self, lines):
        # of two kinds that a value may have, that of a field counts, the last of these
        fields = [(line, span) for line in reversed(lines) for span in self._fields(line)]
        ids = [(line, span) for line in lines for span in self._patterns(line) if span[2] in IDS]
        for line, (start, end, kind) in fields + ids:
            if kind in LEARNT and is_learnable(line[start:end], kind):
                self._learnt.setdefault(line[start:end], kind)

    def redact(self, line):
        spans = [*self._fields(line), *self._patterns(line), *self._words(line)]
        parts, at = [], 0
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= at:
                parts += [line[at:start], self._placeholder(kind, line[start:end])]
                at = end
        return "".join([*parts, line[at:]])

    def _fields(self, line):
        for found in reversed([*NAME.finditer(line)]):
            name, start, kind = found[1], *self._kind(line, found)
            if kind is None:
                continue
            is_list = name.lower().replace("_", "").endswith(LISTS)
            stop = max(found.end(sign) for sign in (2, 3, 4))
            for begin, end in self._values(line, stop, kind, found[3], is_list):
                if found[4] and not self._is_loose(
                    line, (start, stop), (begin, end), kind, is_list
                ):
                    continue
                if kind == "conversation":
                    is_group = line[:begin].lower().endswith(("group", "group_"))
                    if not re.fullmatch("[0-9]{1,3}|[cC][0-9][cC]", line[begin:end]):
                        yield begin, end, "group" if is_group else "user"
                elif self._is_private(line, begin, line[begin:end], kind, name.lower()):
                    yield begin, end, kind
        for found in re.finditer(r"=>[ ]?base16_format:((?:[0-9A-Fa-f]{2})+)", line):
            yield *found.span(1), "user"

    def _values(self, line, stop, kind, is_in_url, is_list):
        form = "name" if kind == "device" and OWN_NAME.search(line[:stop]) else kind
        for begin, end in values_at(line, stop, form, is_list=is_list):
            value = re.split("%26", line[begin:end])[0] if is_in_url else line[begin:end]
            if value.lower() not in self._rules.not_values and not (
                kind in {"user", "group", "device", "token"}
                and value.startswith(("已", "未", "正在", "没有", "无法", "不"))
            ):
                yield begin, begin + len(value)

    def _kind(self, line, found):
        name, start = found[1], found.start(1)
        before = re.search(r"([A-Za-z]{2,20}) $", line[:start])
        if before and name.lower() in SECOND | CALLED:
            asked = re.sub("(?<=.)(Callback|Listener|Handler|Result)$", "", before[1])
            name, start = asked if name.lower() in CALLED else before[1] + name, before.start()
        return start, self._rules.kind_of(name)

    def _is_loose(self, line, sign, value, kind, is_list):
        if kind in {"conversation", "text", "cookie"}:
            return False
        if is_list:
            return line[sign[1] : sign[1] + 1] in {*"[({<"} and "=" not in line[slice(*value)]
        is_name = self._rules.kind_of(line[slice(*value)]) is not None
        return is_loose_value(line, *sign, *value, kind) and not is_name

    def _is_private(self, line, begin, value, kind, name):
        if kind == "device" and name.endswith(("name", "host")):
            is_server = re.search(r"\.(?!local$|lan$)[A-Za-z]", value)
            return not is_server and not re.fullmatch("[0-9]+", value)
        if kind == "card":
            return sum(sign.isdigit() for sign in value) >= 5
        if kind == "address":
            return not value.isascii()
        if kind == "token" and name.endswith("id") and "sess" in name:
            return len(value) >= 16
        return kind != "token" or len(value) >= 6 or line[begin - 1] in "\"'"

    def _patterns(self, line):
        for pattern in self._rules.patterns:
            compiled = re.compile(pattern.pattern)
            for found in compiled.finditer(line):
                start, end = found.span(compiled.groups)
                if start < end and self._fits(pattern.name, line, start, end):
                    yield start, end, pattern.name

    def _fits(self, kind, line, start, end):
        if kind not in {"phone", "card", "ip"}:
            return line[start:end].lower() not in self._rules.not_values
        if re.compile(r" ?(?:ms|us|ns|s|bytes|B|KB|MB)\b").match(line, end):
            return False
        if re.search(rf"({CHINESE_COUNTS})[:=\uff1a ]{{1,2}}$", line[:start]):
            return False
        label = re.search(
            r"""([A-Za-z][\w-]{0,40})(?:[ ]|\\*["']?[ ]?[:=<>]{1,2}[ ]?\\*["']?)$""",
            line[max(0, start - 48) : start],
        )
        if label is None or self._rules.kind_of(label[1]) is not None:
            return True
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", label[1]).lower().split()
        return not (VERSIONS if kind == "ip" else COUNTS) & set(words)

    def _words(self, line):
        for word, kind in self._learnt.items():
            for each in {word, *forms_of(word)}:
                start = line.find(each)
                while start >= 0:
                    if is_alone(line, start, start + len(each)):
                        yield start, start + len(each), kind
                    start = line.find(each, start + 1)

    def _placeholder(self, kind, value):
        same = {form: word for word in self._learnt for form in forms_of(word)}
        same = {form: word for form, word in same.items() if form not in self._learnt}
        value = same.get(value, value)
        kind = self._learnt.get(value, kind)
        kind = "token" if kind == "password" else kind
        known = self._placeholders.setdefault(kind, {})
        return f"<{kind}-{known.setdefault(value, len(known) + 1)}>"


def is_alone(line, start, end):
    """Tell whether nothing touches it but a type, or `_` if it has letters and digits."""
    word, before, behind = line[start:end], line[:start], line[end : end + 1]
    types = r"([cC][02][cC]_?|GROUP_|group_|%[0-9A-Fa-f]{2}|0[xX])$"
    is_joined = len(word) >= 6 and re.search("[0-9]", word) and re.search("[A-Za-z]", word)
    is_joined = is_joined or re.match("[0-9]{12}", word)
    letters = "A-Za-z0-9" if is_joined else "A-Za-z0-9_"
    is_free = not re.search(f"[{letters}]$", before) or re.search(types, before)
    return bool(is_free) and not re.match(f"[{letters}]", behind)
