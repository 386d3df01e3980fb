"""The commands of the simulated machines, one module a family."""
