"""The crash soak: the real program, killed a hundred times under load and faults, and everything counted afterwards."""
