"""Every kind of block that FORMAT.md knows, by a name that tests can be parametrized with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of block is laid out."""

    name: str
    magic: int
    header_size: int
    codec: str  # plain, deflate, chunked, zstd
    encrypted: bool = False
    keyed: bool = False  # the header carries the client's key: the app set one

    @property
    def compressed(self) -> bool:
        return self.codec != "plain"


def _named(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS = _named(
    # the IM SDK and LiteAV, and Mars before v1.2
    Kind("imsdk-plain", 0x03, 13, "plain"),
    Kind("first-zlib", 0x04, 13, "deflate"),
    Kind("imsdk-chunked", 0x05, 13, "chunked"),
    # Mars from v1.2 on
    Kind("sync-zlib-keyed", 0x06, 73, "plain", keyed=True),
    Kind("zlib-crypt", 0x07, 73, "deflate", encrypted=True, keyed=True),
    Kind("sync-zlib", 0x08, 73, "plain"),
    Kind("zlib", 0x09, 73, "deflate"),
    Kind("sync-zstd-keyed", 0x0A, 73, "plain", keyed=True),
    Kind("sync-zstd", 0x0B, 73, "plain"),
    Kind("zstd-crypt", 0x0C, 73, "zstd", encrypted=True, keyed=True),
    Kind("zstd", 0x0D, 73, "zstd"),
)


def kind_of(magic: int) -> Kind:
    """Return the kind that a real writer means by `magic`."""
    return next(kind for kind in KINDS.values() if kind.magic == magic)
