"""Many inputs to many outputs: what is done where, and in what order. Knows no terminal."""
