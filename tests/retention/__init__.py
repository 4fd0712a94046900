"""Tests of the sweep; none deletes outside the folder that pytest made for it."""
