"""Who may come in: accounts, passwords, sessions, one-time links and their limits."""
