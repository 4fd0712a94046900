"""Three libraries for one curve: whichever is installed, two keys share the same secret."""

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import run
from tests.mars import KINDS, block, file_of, mars_lines, new_session, private_key
from xlogdecode import secp256k1

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
X = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
Y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
BASE_POINT = bytes.fromhex(X + Y)  # SEC 2, 2.4.1
X_OF_ITS_DOUBLE = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
AGREEMENTS = {
    "coincurve": secp256k1._of_coincurve,
    "cryptography": secp256k1._of_cryptography,
    "integers": lambda: secp256k1.shared_x_of_integers,
}


@pytest.fixture(params=AGREEMENTS)
def agree(request):
    if request.param != "integers":
        pytest.importorskip(request.param)
    return AGREEMENTS[request.param]()


def test_the_double_of_the_base_point_is_the_published_one(agree):
    x = BASE_POINT[:32]
    assert agree((1).to_bytes(32, "big"), BASE_POINT) == x
    assert agree((2).to_bytes(32, "big"), BASE_POINT).hex() == X_OF_ITS_DOUBLE
    assert agree((ORDER - 1).to_bytes(32, "big"), BASE_POINT) == x


@settings(max_examples=20)
@given(
    scalar=st.integers(1, ORDER - 1) | st.integers(1, 40) | st.integers(ORDER - 40, ORDER - 1),
    client=st.text(max_size=3),
)
def test_all_libraries_find_the_same_secret(scalar, client):
    pytest.importorskip("coincurve")
    point = new_session(private_key("server"), client).client_key
    secrets = {make()(scalar.to_bytes(32, "big"), point) for make in AGREEMENTS.values()}
    assert len(secrets) == 1


@pytest.mark.parametrize(
    "missing", [(), ("coincurve",), ("coincurve", "cryptography")], ids=["none", "one", "both"]
)
def test_logs_of_many_sessions_are_read_whichever_library_is_missing(tmp_path, missing):
    lines, server = list(mars_lines(3, 30)), private_key("server")
    blocks = [
        block(KINDS["zlib-crypt"], [line], seq=n, session=new_session(server, f"client {n}"))
        for n, line in enumerate(lines, 1)
    ]
    log, keys = tmp_path / "a.xlog", tmp_path / "keys"
    log.write_bytes(file_of(blocks))
    keys.write_text("\n".join(private_key(name).hex() for name in ("one", "two", "server")))
    for name in missing:
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = run("-c", "--key-file", keys, log, env={"PYTHONPATH": path})
    assert (done.status, done.out, done.err) == (0, b"".join(lines), "")
