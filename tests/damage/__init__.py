"""Damaged files whose truth is known block by block: what must come out, and what may.

`truth` says what an edit of a file's bytes does to each block's text, and checks an output against
it; `makers` makes each kind of damage; `samples` are the good files that get damaged.
"""

from tests.damage.makers import DAMAGES
from tests.damage.samples import SAMPLES, SERVER, Sample, sample_of
from tests.damage.truth import Case, Edit, Fate, Piece, damaged, faults_of, same_but_for_marks

__all__ = [
    "DAMAGES", "SAMPLES", "SERVER", "Case", "Edit", "Fate", "Piece", "Sample", "damaged",
    "faults_of", "same_but_for_marks", "sample_of",
]  # fmt: skip
