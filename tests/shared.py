"""Where the ground truth lies: files that Mars's own writer and real apps made."""

import os
from pathlib import Path

import pytest
import zstandard

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
SHARED = Path(os.environ.get("XLOGDECODE_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus"
REAL = SHARED / "real"
CORPUS_KEY = bytes.fromhex("def588758242c78d7eefe8345902e0a779ae877d4bd98e0524029c00ca029f87")

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"{CORPUS} is absent: the files that Mars wrote are not here"
)
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"{REAL} is absent: the files that real apps wrote are not here"
)


def expected_text(path: Path, kind: str = "expected") -> bytes:
    """Return the text beside a corpus file (`NAME.expected.zst`)."""
    packed = path.with_name(f"{path.name.removesuffix('.xlog')}.{kind}.zst").read_bytes()
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)
