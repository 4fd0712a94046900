"""Things that each system does its own way: locks, forks, files, temporary space."""
