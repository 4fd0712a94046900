"""A few logs, and trees and archives made of them."""

import os
import shutil
from pathlib import Path

import pytest

from tests.shared import FIXTURES, expected_text

LOG = FIXTURES / "imsdk_20240101.xlog"
ZLIB = FIXTURES / "async_zlib_nocrypt_small.xlog"
ZSTD = FIXTURES / "async_zstd_nocrypt_small.xlog"
BUFFER = FIXTURES / "imsdk_C.mmap2"
TEXT = {path: expected_text(path) for path in (LOG, ZLIB, ZSTD, BUFFER)}


def needs_tool(*names):
    missing = [name for name in names if not shutil.which(name)]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)}: not installed")


def put(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(source, target))


def tree(folder: Path) -> Path:
    """Make a phone's folder: two days, a deeper one, a crash buffer, and what is no log."""
    put(LOG, folder / "imsdk_20240101.xlog")
    put(ZLIB, folder / "imsdk_20240102.xlog")
    put(ZSTD, folder / "deep" / "er" / "imsdk_20240101.xlog")
    put(BUFFER, folder / "imsdk_C.mmap2")
    (folder / "im.db").write_bytes(b"SQLite format 3\0" * 9)
    (folder / "old.xlog.log").write_text("decoded before\n")
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and os.access(path, os.R_OK)
    }


TREE_TEXTS = {
    "imsdk_20240101.xlog.log": TEXT[LOG],
    "imsdk_20240102.xlog.log": TEXT[ZLIB],
    "deep/er/imsdk_20240101.xlog.log": TEXT[ZSTD],
    "imsdk_C.mmap2.log": TEXT[BUFFER],
}
