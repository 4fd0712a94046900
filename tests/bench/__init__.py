"""How fast it is, as ratios to the bare codec in the same run: `python -m tests.bench`."""
