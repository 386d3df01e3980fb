"""Conversations as they are kept, read again, and handed out."""
