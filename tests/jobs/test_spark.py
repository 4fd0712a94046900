"""The recipe for Spark in the manual, run as it is written, where Spark and Java are installed."""

import importlib.util
import shutil
import subprocess
import sys

import pytest

from tests.manual import fences, make_folder
from tests.samples import LOG

PAGE = "xlogdecode/manual/fleet.md"
RECIPE = next(code for language, code in fences(PAGE) if language == "py")
IS_INSTALLED = bool(importlib.util.find_spec("pyspark") and shutil.which("java"))


def test_the_recipe_s_function_makes_the_rows_that_its_schema_has():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    code = RECIPE[: RECIPE.index("spark = ")].replace("from pyspark.sql import SparkSession", "")
    names: dict[str, object] = {}
    exec(code, names)
    log = LOG.read_bytes()
    given = pa.RecordBatch.from_pydict({"path": ["a.xlog"], "content": [log]})
    (rows,) = names["decode"]([given])  # type: ignore[operator]
    schema = RECIPE.split('schema = "')[1].split('"')[0]
    assert rows.schema.names == [field.split()[0] for field in schema.split(", ")]
    assert rows["path"].to_pylist() == ["a.xlog"] * rows.num_rows
    assert rows.num_rows > 100


@pytest.mark.heavy
@pytest.mark.skipif(not IS_INSTALLED, reason="pyspark or Java is not installed")
def test_spark_runs_the_recipe(tmp_path):
    env = make_folder(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", RECIPE], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "|    E|   10|" in done.stdout
