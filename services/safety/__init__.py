"""What may be done without asking: the tiers, and the reader of commands."""
