"""Tencent Mars xlog files: blocks into text, and log folders kept to seven days."""

__version__ = "0.1.0"
