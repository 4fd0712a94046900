"""A key pair of our own, lines to write, and where the shared samples are."""

import random
from pathlib import Path

import pytest

from tests.shared import CORPUS
from xlogdecode.encode import parse_public_key

PRIVATE_KEY = bytes.fromhex("145aa7717bf9745b91e9569b80bbf1eedaa6cc6cd0e26317d810e35710f44cf8")
PUBLIC_HEX = (
    "572d1e2710ae5fbca54c76a382fdd44050b3a675cb2bf39feebe85ef63d947af"
    "f0fa4943f1112e8b6af34bebebbaefa1a0aae055d9259b89a1858f7cc9af9df1"
)


@pytest.fixture(scope="session")
def private_key() -> bytes:
    return PRIVATE_KEY


@pytest.fixture(scope="session")
def public_hex() -> str:
    return PUBLIC_HEX


@pytest.fixture(scope="session")
def public_key(public_hex: str) -> bytes:
    return parse_public_key(public_hex)


@pytest.fixture(scope="session")
def corpus() -> Path:
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is absent: the files that Mars wrote are not here")
    return CORPUS


@pytest.fixture(scope="session")
def noise() -> bytes:
    """200 KB in lines of 100 bytes that no codec shortens by much."""
    dice = random.Random(8)
    return b"".join(bytes(dice.choices(range(0x20, 0x100), k=99)) + b"\n" for _ in range(2000))
