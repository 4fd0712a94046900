"""What a terminal gets: no control character but newline and tab, however the text is cut."""

import re

from hypothesis import given
from hypothesis import strategies as st

from xlogdecode.outputs.sanitize import Escaped, shown

CONTROLS = st.sampled_from([*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "£", "é", "志"])
texts = st.lists(CONTROLS | st.text(max_size=3)).map("".join)


class Pieces(list):
    write = list.append


def escaped(pieces):
    out = Pieces()
    sink = Escaped(out)
    for piece in pieces:
        sink.write(piece)
    return b"".join(out)


@given(texts, st.data())
def test_no_control_gets_through_at_any_cut(text, data):
    raw = text.encode("utf-8", "surrogatepass")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)))))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    shown_text = escaped(pieces).decode("utf-8", "replace")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown_text)


@given(texts)
def test_text_without_controls_stays_as_it_is_at_any_cut(text):
    kept = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text).encode("utf-8", "surrogatepass")
    assert escaped([kept]) == escaped([bytes([byte]) for byte in kept]) == kept


@given(texts)
def test_a_name_that_is_shown_is_one_line_that_can_be_printed(text):
    assert shown(text).isprintable()
    assert shown(shown(text)) == shown(text)
