"""Fuzz targets, run by hand: `python tests/fuzz/framing.py -max_total_time=600`.

They need atheris (`pip install atheris`), which is no part of any extra. The corpus starts from
`fixtures/` and the test encoder, grows under `build/fuzz/`, and is kept between runs.
"""
