"""Runs the tasks: each program in its turn, several rounds, medians."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.bench.bare import Stream, bare_seconds, streams_of
from tests.bench.day_files import FIRST_DAY
from tests.bench.inputs import Inputs
from tests.bench.measure import Run, measure
from tests.bench.tasks import ANSWERS, WORD, Answer, Decoding

SCRIPT = [sys.executable, str(Path(__file__).with_name("script.py"))]
COMMAND = [str(Path(sys.executable).with_name("xlogdecode"))]
BEFORE = "before"


def tmpfs() -> str | None:
    """Return a folder in memory, if this system is known to have one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(slots=True)
class Row:
    """The measurements of one task: the runs of each program, and the bare codec's seconds."""

    name: str
    runs: dict[str, list[Run]] = field(default_factory=dict)
    bare: list[float] = field(default_factory=list)
    text: int = 0
    """Bytes of text of the input."""

    def median(self, program: str, what: str) -> float | None:
        """Return the median of an attribute of `Run`, or None where the program did not run."""
        runs = self.runs.get(program)
        return statistics.median(getattr(run, what) for run in runs) if runs else None

    def of_bare(self, program: str, what: str) -> float:
        """Return how fast a program is, by the processor or the clock, the bare codec being 1."""
        pairs = zip(self.bare, self.runs[program], strict=True)
        return statistics.median(bare / getattr(run, what) for bare, run in pairs)

    def to(self, program: str, other: str, what: str) -> float | None:
        """Return the median of the rounds' ratios of a program's time to another's."""
        ours, theirs = self.runs.get(program), self.runs.get(other)
        if not ours or not theirs:
            return None
        pairs = zip(ours, theirs, strict=True)
        return statistics.median(getattr(a, what) / getattr(b, what) for a, b in pairs)

    def beyond(self, program: str, base: str) -> float | None:
        """Return the processor seconds that a program takes more than another."""
        ours, theirs = self.runs.get(program), self.runs.get(base)
        if not ours or not theirs:
            return None
        return statistics.median(a.cpu - b.cpu for a, b in zip(ours, theirs, strict=True))


class Bench:
    """The inputs, the programs that take turns, and the number of rounds."""

    def __init__(self, inputs: Inputs, *, rounds: int, before: str | None) -> None:
        self.inputs = inputs
        self.rounds = rounds
        self.programs = {"now": COMMAND} | ({BEFORE: [before]} if before else {})
        self._streams: tuple[str, list[Stream]] = ("", [])

    def run(self, program: str, arguments: Iterable[str], folder: Path | None = None) -> Run:
        """Run a version of the command; that of before is not to import this one's modules."""
        without = ("PYTHONPATH",) if program == BEFORE else ()
        return measure([*self.programs[program], *arguments], folder=folder, without=without)

    def decoding(self, task: Decoding) -> Row:
        """Take turns of the bare codec, the script and the command, into files or nowhere."""
        source, row = self.inputs.path(task.source), Row(task.name)
        folder = source if source.is_dir() else source.parent
        names = sorted(path.name for path in folder.iterdir()) if source.is_dir() else [source.name]
        streams = self.streams(task.bare)
        row.text = sum(stream.size for stream in streams)
        keys = ["--key-file", str(self.inputs.keys)] if "crypt" in task.source else []
        options = ["-q", *task.options, *keys]
        for _ in range(self.rounds):
            row.bare.append(bare_seconds(streams))
            if task.script:
                with _target(task) as target:
                    run = measure([*SCRIPT, *target, *names], folder=folder)
                row.runs.setdefault("script", []).append(run)
            for program in self.programs:
                with _target(task) as target:
                    run = self.run(program, [*options, *(target or ["-c"]), *names], folder)
                assert run.status in (0, 3), f"{task.name}: exit status {run.status}"
                row.runs.setdefault(program, []).append(run)
        return row

    def streams(self, name: str) -> list[Stream]:
        """Return the streams of an input; only those of the last are kept."""
        if self._streams[0] != name:
            path = self.inputs.path(name)
            self._streams = (name, streams_of(sorted(path.iterdir()) if path.is_dir() else [path]))
        return self._streams[1]

    def answers(self, wanted: Sequence[Answer] = ANSWERS) -> Iterator[Row]:
        """Yield a row an answer, with decoding alone (`decode`) in the same turns."""
        middle = FIRST_DAY + timedelta(days=self.inputs.days // 2)
        for task in wanted:
            source, row = self.inputs.path(task.source), Row(task.name)
            paths = sorted(map(str, source.iterdir())) if source.is_dir() else [str(source)]
            arguments = [argument.format(middle=middle) for argument in task.arguments]
            options = ["-q", "-c", "-T", "1"] if task.decodes and task.name != "-l" else []
            for _ in range(self.rounds):
                for program in self.programs:
                    if not task.from_the_start:
                        run = self.run(program, ["-q", "-c", "-T", "1", *paths])
                        row.runs.setdefault(f"{program} decode", []).append(run)
                    run = self.run(program, [*arguments, *options, *paths])
                    assert run.status == 0, f"{task.name}: exit status {run.status}"
                    row.runs.setdefault(program, []).append(run)
            yield row

    def piped_grep(self) -> Row:
        """Measure `-g` beside decoding that is piped into `grep`."""
        path, row = str(self.inputs.path("imsdk")), Row("-g WORD, by the clock, to a pipe to grep")
        for _ in range(self.rounds):
            for program in self.programs:
                run = self.run(program, ["-q", "-c", "-g", WORD, path])
                row.runs.setdefault(program, []).append(run)
            pipe = f'"$0" -q -c "$1" | grep -a {WORD}'
            run = measure(["sh", "-c", pipe, *COMMAND, path])
            row.runs.setdefault("pipe", []).append(run)
        return row

    def start_up(self) -> Iterator[Row]:
        """Yield small files: an 80 KB day, a small log in clear text and the same encrypted."""
        days = self.inputs.path("days").iterdir()
        day = min(days, key=lambda path: abs(path.stat().st_size - 80_000))
        cases = {"one file of 80 KB": [str(day)]}
        for kind in ("zlib", "zlib-crypt"):
            path = self.inputs.folder / f"one-{kind}.xlog"
            data = self.inputs.path(f"small-{kind}").read_bytes()
            path.write_bytes(_first_blocks(data, 20))
            cases[f"one small file, {kind}"] = ["--key-file", str(self.inputs.keys), str(path)]
        for name, arguments in cases.items():
            row = Row(name)
            for _ in range(max(self.rounds, 11)):
                run = measure([sys.executable, "-c", "pass"])
                row.runs.setdefault("python", []).append(run)
                for program in self.programs:
                    run = self.run(program, ["-q", "-c", *arguments])
                    assert run.status == 0, f"{name}: exit status {run.status}"
                    row.runs.setdefault(program, []).append(run)
            yield row

    def records(self) -> float:
        """Return the microseconds that a record of the day files takes in Python."""
        days = self.inputs.path("days")
        done = [
            subprocess.run(
                [sys.executable, "-c", _RECORDS, str(days)], stdout=subprocess.PIPE, check=True
            )
            for _ in range(self.rounds)
        ]
        return statistics.median(float(one.stdout) for one in done)


_RECORDS = """
import pathlib, sys, time
from xlogdecode import iter_text, read_records
paths = sorted(pathlib.Path(sys.argv[1]).iterdir())
start = time.process_time()
for path in paths:
    for text in iter_text(path):
        pass
middle = time.process_time()
count = sum(1 for path in paths for record in read_records(path))
print((time.process_time() - middle - (middle - start)) / count * 1e6)
"""


def _first_blocks(data: bytes, count: int) -> bytes:
    """Return the first blocks of a file whose headers have 73 bytes."""
    offset = 0
    for _ in range(count):
        offset += 73 + int.from_bytes(data[offset + 5 : offset + 9], "little") + 1
    return data[:offset]


@contextmanager
def _target(task: Decoding) -> Iterator[list[str]]:
    """Yield the options for where the text goes: none for standard output, else a new folder."""
    with tempfile.TemporaryDirectory(prefix="xlogdecode-bench-", dir=tmpfs()) as folder:
        yield ["-o", f"{folder}/texts/"] if task.to_files else []
