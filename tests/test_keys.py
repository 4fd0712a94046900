"""Keys in the forms in which people have them, and what is said of the others: never the key."""

import base64

import pytest

from tests.command import run
from tests.samples import LOG
from xlogdecode import Options, decode_bytes
from xlogdecode.errors import KeyFileError, UsageError
from xlogdecode.keys import parse_public_key, read_keys

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = KEY[3:] + KEY[:3]
PUBLIC = KEY + OTHER
RAW, OTHER_RAW = bytes.fromhex(KEY), bytes.fromhex(OTHER)

GEN_KEY = f"save private key\n{KEY}\n\nappender_open's parameter:\n{PUBLIC}\n"

FORMS = {
    "as it is": KEY,
    "upper case": KEY.upper(),
    "0x": f"0x{KEY}",
    "quotes": f'"{KEY}"',
    "spaces within": " ".join(KEY[at : at + 2] for at in range(0, 64, 2)),
    "colons within": ":".join(KEY[at : at + 2] for at in range(0, 64, 2)),
    "name and colon": f"private key: {KEY}",
    "old script": f'PRIV_KEY = "{KEY}"\nPUB_KEY = "{PUBLIC}"\n',
    "python bytes": f"PRIV_KEY = b'{KEY}'",
    "gen_key.py": GEN_KEY,
    "comment": f"# ours\r\n  {KEY}  # since 2024\r\n",
    "twice": f"{KEY}\n{KEY}\n",
}


@pytest.fixture
def key_file(tmp_path):
    def write(data, encoding="utf-8"):
        path = tmp_path / "server.key"
        path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_is_read_in_the_form_that_people_have(key_file, text, encoding):
    assert read_keys(key_file(text, encoding)) == (RAW,)


def test_a_binary_file_is_the_key(key_file):
    assert read_keys(key_file(RAW)) == (RAW,)


def test_keys_may_be_several(key_file):
    assert read_keys(key_file(f"{KEY}\n\n# the old one\n0x{OTHER}\n")) == (RAW, OTHER_RAW)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("", "1:1", "holds no key"),
        ("# nothing\n", "1:1", "holds no key"),
        ("see the wiki\n", "1:1", "holds no key"),
        (f"# ours\n{KEY}ab\n", "2:1", "66 hex digits; a private key has 64"),
        (KEY[:-1], "1:1", "63 hex digits"),
        (f"\n{PUBLIC}\n", "2:1", "this is the public key; the private one is needed"),
        (f"04{PUBLIC}", "1:1", "this is the public key"),
        (f"{KEY[:-1]}g", "1:1", "not a private key"),
        (f"PRIV_KEY = '{KEY[:-1]}o'", "1:1", "not a private key"),
        (base64.b64encode(RAW).decode(), "1:1", "looks like base64"),
        (f"-----BEGIN EC PRIVATE KEY-----\n{KEY}\n", "1:1", "a PEM file"),
        ("f" * 64, "1:1", "out of its range"),
        ("0" * 64, "1:1", "out of its range"),
        (b"\xff\x80" * 40, "1:1", "is not text"),
    ],
)  # fmt: skip
def test_what_else_it_is_is_named_by_its_place_and_not_shown(key_file, text, where, why):
    path = key_file(text)
    with pytest.raises(KeyFileError) as caught:
        read_keys(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{where}: ")
    assert why in message
    shown = message.removeprefix(str(path))
    assert not any(KEY[at : at + 8] in shown for at in range(0, 56, 8))


@pytest.mark.parametrize(
    "name",
    [
        KEY,
        KEY[:-1],
        f"{KEY[:-1]}g",
        f"0x{KEY}",
        f'"{KEY}"',
        f"PRIV_KEY={KEY}",
        KEY.upper(),
        " ".join([KEY[:32], KEY[32:]]),
        base64.b64encode(RAW).decode(),
        PUBLIC + PUBLIC,
        f"{KEY}\n",
        "deadbeef" * 8,
        KEY[:30],
    ],
)
def test_a_key_in_place_of_its_file_is_never_shown(name):
    done = run("-c", LOG, "--key-file", name)
    assert done.status == 2
    assert "--key-file takes a file name, not a key" in done.err
    assert name.strip()[4:20] not in done.err


def test_options_take_keys_as_text_and_as_bytes():
    for keys in ((KEY,), (RAW,), (f"0x{KEY}", OTHER_RAW)):
        assert decode_bytes(LOG.read_bytes(), Options(keys=keys))[1].is_whole


def test_a_public_key_may_be_in_a_file(key_file, tmp_path):
    wanted = bytes.fromhex(PUBLIC)
    for text in (PUBLIC, f"04{PUBLIC}", f'PUB_KEY = "{PUBLIC}"', GEN_KEY):
        path = key_file(text)
        assert parse_public_key(path) == parse_public_key(str(path)) == wanted
    with pytest.raises(UsageError, match="not a public key"):
        parse_public_key(key_file(KEY))
    with pytest.raises(UsageError, match="cannot be read"):
        parse_public_key(tmp_path / "none")


TYPED = {
    "hex": KEY,
    "0x": f"0x{KEY}",
    "a digit short": KEY[1:],
    "colons": ":".join(KEY[at : at + 2] for at in range(0, 64, 2)),
    "base64": base64.b64encode(RAW).decode(),
}
CALLS = [
    ["-c", LOG, "KEY"], ["-q", "KEY"], ["summary", "KEY"], ["encode", "KEY", "-o", "a"],
    ["--key", "KEY", LOG], ["--key=KEY", LOG], ["-S", "KEY", LOG], ["-T", "KEY", LOG],
    ["--KEY", LOG], ["layouts", "KEY"], ["help", "KEY"], ["lnav", "KEY"], ["sweep", "KEY"],
    ["-c", LOG, "--key-file", "/tmp/KEY/key"], ["-c", LOG, "--key-file", "KEY.txt"],
]  # fmt: skip


@pytest.mark.parametrize("words", CALLS, ids=lambda words: " ".join(map(str, words)))
@pytest.mark.parametrize("form", TYPED)
def test_a_key_that_was_typed_in_a_wrong_place_is_not_shown(tmp_path, words, form):
    typed = TYPED[form]
    done = run(*(str(word).replace("KEY", typed) for word in words), cwd=tmp_path)
    assert done.status != 0
    for shown in (done.err, done.out.decode()):
        assert typed[4:24] not in shown
    assert "Traceback" not in done.err


def test_a_file_may_be_called_by_a_checksum(tmp_path):
    log = tmp_path / f"{KEY}.xlog"
    log.write_bytes(LOG.read_bytes())
    done = run("-o", tmp_path / f"{OTHER}.log", log)
    assert (done.status, done.err.count(KEY), done.err.count(OTHER)) == (0, 1, 1)
