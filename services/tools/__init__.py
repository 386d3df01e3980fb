"""What Jarvis can do: one registry of tools, and the one gate every call passes."""
