"""What Jarvis costs, measured; `make bench` runs all of it and prints the machine's name first."""
