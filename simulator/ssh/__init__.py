"""SSH servers of the simulated machines: real keys, a small shell, the same world as the API."""
