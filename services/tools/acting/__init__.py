"""Tools that change something: each sends at most one change and reads back what came of it."""
