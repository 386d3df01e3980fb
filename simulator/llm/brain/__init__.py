"""The scripted brain: a conversation goes in, its next step comes out, and nothing else happens."""
