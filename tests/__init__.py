"""Tests, from outside in: the command line and the public API first."""
