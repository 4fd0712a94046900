"""pyarrow for all that needs it, or the error that names the extra with it."""

from xlogdecode.errors import MissingExtraError

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:
    raise MissingExtraError(
        "Arrow and Parquet need pyarrow; run pip install 'xlogdecode[arrow]'"
    ) from None

__all__ = ["pa", "pc"]
