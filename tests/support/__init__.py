"""What several kinds of tests start: the whole of Jarvis as a process of its own."""
