"""Tools that only read: the snapshot where it tells enough, else one fresh look."""
