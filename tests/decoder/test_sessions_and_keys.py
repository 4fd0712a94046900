"""Many sessions and keys: locked is locked, the right key is found, wrong ones cost little."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.command import run
from tests.mars import KINDS, block, file_of, mars_lines, new_session, private_key
from xlogdecode import Options, crypto, decode_bytes
from xlogdecode.tea import TeaKey

SERVER = private_key("server of many sessions")
WRONG = tuple(private_key(f"wrong {number}") for number in range(20))
LINES = list(mars_lines(1, 600))


def log_of(sessions: int, count: int, kind: str = "zlib-crypt") -> bytes:
    """Return so many blocks of a line or two; the sessions take turns."""
    blocks = []
    for number in range(count):
        session = new_session(SERVER, f"session {number % sessions}")
        lines = LINES[number % 590 :][: 1 + number % 2]
        blocks.append(block(KINDS[kind], lines, seq=number + 1, session=session))
    return file_of(blocks)


def test_20_keys_are_all_tried_on_60_sessions() -> None:
    pytest.importorskip("coincurve")
    _, report = decode_bytes(log_of(60, 300), Options(keys=WRONG))
    assert (report.locked_blocks, report.notes) == (300, [])


@pytest.fixture
def agreements(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return what the agreements gave, each of which takes 0.05 to 0.5 ms."""
    made: list[bytes] = []
    agree = crypto.tea_key

    def counted(secret: bytes) -> TeaKey:
        made.append(secret)
        return agree(secret)

    monkeypatch.setattr(crypto, "tea_key", counted)
    return made


@pytest.mark.parametrize("kind", ["zlib-crypt", "zstd-crypt"])
@pytest.mark.parametrize("keys", [1, 20])
@pytest.mark.parametrize("sessions", [5, 100])
def test_no_wrong_key_makes_damage_of_a_locked_block(kind: str, keys: int, sessions: int) -> None:
    _, report = decode_bytes(log_of(sessions, 300, kind), Options(keys=WRONG[:keys]))
    assert report.locked_blocks == 300
    assert not report.lost


def test_a_session_a_block_costs_a_bounded_number_of_agreements(agreements: list[bytes]) -> None:
    data = log_of(600, 600)
    _, report = decode_bytes(data, Options(keys=WRONG))
    assert len(agreements) <= 1280 + len(data) // 4096
    (note,) = report.notes
    assert "sessions locked before all keys were tried" in note.text


def test_the_right_key_among_many_opens_every_session(agreements: list[bytes]) -> None:
    data = log_of(100, 300)
    text, report = decode_bytes(data, Options(keys=(*WRONG, SERVER)))
    assert (report.is_whole, report.notes) == (True, [])
    assert text.count(b"\n") >= 300
    assert len(agreements) == 100 + len(WRONG)


@pytest.mark.parametrize("keys", [(), WRONG], ids=["two keys", "22 keys"])
def test_sessions_of_two_servers_in_turns_are_all_read(keys: tuple[bytes, ...]) -> None:
    servers = (SERVER, private_key("another server"))
    blocks = [
        block(
            KINDS["zlib-crypt"],
            [line],
            seq=number + 1,
            session=new_session(servers[number // 3 % 2], f"client {number}"),
        )
        for number, line in enumerate(LINES[:90])
    ]
    text, report = decode_bytes(file_of(blocks), Options(keys=(*keys, *servers)))
    assert text == b"".join(LINES[:90])
    assert report.is_whole
    _, report = decode_bytes(file_of(blocks), Options(keys=(*keys, SERVER)))
    assert (report.blocks.total(), report.locked_blocks, report.lost_bytes) == (45, 45, 0)


def test_a_session_whose_first_blocks_are_damaged_is_read_all_the_same() -> None:
    blocks = [
        block(KINDS["zlib-crypt"], LINES[number::40], seq=number + 1, session=new_session(SERVER))
        for number in range(40)
    ]
    data = bytearray(file_of(blocks))
    for number in range(12):
        begin = sum(len(one.data) for one in blocks[:number]) + 73
        data[begin : begin + 64] = bytes(range(64))
    text, report = decode_bytes(bytes(data), Options(keys=(*WRONG, SERVER), marks=False))
    assert text.endswith(b"".join(one.text for one in blocks[15:]))
    assert report.blocks.total() >= 25


def test_a_log_of_another_curve_is_locked_and_says_so(tmp_path) -> None:
    """Mars of early 2017 used prime256v1: here a point of it is in the place of the client key."""
    numbers = ec.derive_private_key(2017, ec.SECP256R1()).public_key().public_numbers()
    point = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    data = bytearray(log_of(1, 5))
    size = len(data)
    mine = new_session(SERVER, "session 0").client_key
    data = data.replace(mine, point)
    assert (len(data), data.count(point)) == (size, 5)
    log, key = tmp_path / "old.xlog", tmp_path / "key"
    log.write_bytes(data)
    key.write_text(SERVER.hex())
    done = run("-c", "--key-file", key, log)
    assert done.status == 4
    assert "another curve (prime256v1)" in done.err
    assert "--key-file" not in done.err
    assert run("-c", log).status == 4
