"""The file system of a machine: files that are computed when read, and what was written since."""
