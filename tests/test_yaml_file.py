"""YAML with places: each error names the line and column of what is wrong."""

import pytest

from xlogdecode.errors import ConfigError, UsageError
from xlogdecode.yaml_file import load_yaml, parse_yaml


def refuse(text):
    raise UsageError(f"{text!r} is refused")


READERS = {
    "mapping": lambda value: value.mapping("it", {"a", "b"}),
    "a": lambda value: value.mapping("it", {"a"})["a"],
    "items": lambda value: value.items("it"),
    "text": lambda value: value.text("it"),
    "number": lambda value: value.number("it"),
    "flag": lambda value: value.flag("it"),
    "parsed": lambda value: value.parsed("it", refuse),
}


@pytest.mark.parametrize(
    ("text", "reads", "where", "message"),
    [
        ("", "text", "1:1", "write something"),
        ("# nothing\n", "text", "1:1", "write something"),
        ("a: [\n", "text", "2:1", "not YAML"),
        ("a: *b\n", "text", "1:4", "not YAML"),
        ("a: \x01\n", "text", "1:1", "not YAML"),
        ("a: 1\n---\na: 2\n", "text", "2:1", "not YAML"),
        ("[" * 5000, "text", "1:1", "nested too deeply"),
        ("a: 1\nc: 2\n", "mapping", "2:1", "unknown key 'c'; it has the keys a, b"),
        ("a: 1\na: 2\n", "mapping", "2:1", "'a' is here twice"),
        ("? [1]\n: 2\n", "mapping", "1:3", "a key must be a text"),
        ("- a\n", "mapping", "1:1", "a mapping"),
        ("!!map x\n", "mapping", "1:1", "a mapping"),
        ("a: 1\n", "items", "1:1", "a list"),
        (" 1.5\n", "text", "1:2", "a text"),
        ("''\n", "text", "1:1", "a text"),
        ("null\n", "text", "1:1", "a text"),
        ("[a]\n", "text", "1:1", "a text"),
        ("-1\n", "number", "1:1", "a whole number"),
        ("'1'\n", "number", "1:1", "a whole number"),
        ("0x10\n", "number", "1:1", "a whole number"),
        ("9" * 5000, "number", "1:1", "too large"),
        ("1\n", "flag", "1:1", "true or false"),
        ("\n  seven\n", "parsed", "2:3", "'seven' is refused"),
    ],
)  # fmt: skip
def test_an_error_names_its_place(text, reads, where, message):
    with pytest.raises(ConfigError) as caught:
        READERS[reads](parse_yaml(text, "f.yaml", "write something"))
    assert str(caught.value).startswith(f"f.yaml:{where}: ")
    assert message in str(caught.value)


def test_values_come_as_their_types():
    fields = parse_yaml("{a: 日志, b: [1, 020], c: yes}", "f.yaml", "").mapping("it", set("abc"))
    assert fields["a"].text("a") == "日志"
    assert [item.text("b") for item in fields["b"].items("b")] == ["1", "020"]
    assert fields["b"].items("b")[0].number("b") == 1
    assert fields["c"].flag("c") is True
    assert fields["a"].parsed("a", len) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yaml:1:1: cannot be read"):
        load_yaml(tmp_path / "gone.yaml", "")
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1\nb: [\xff]\n")
    with pytest.raises(ConfigError, match=r"f\.yaml:2:5: not UTF-8"):
        load_yaml(path, "")
