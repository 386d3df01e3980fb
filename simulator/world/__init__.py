"""The simulated cluster itself: nodes, guests, storages, tasks, and how they move with time."""
