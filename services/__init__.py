"""What Jarvis knows and does; no screen in here, and nothing of the web framework."""
