"""The main way: a stream of bytes into runs of blocks, and those into text."""
