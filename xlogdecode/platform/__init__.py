"""What systems do differently: one module each for locks, forks, files and temporary space."""
