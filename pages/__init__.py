"""One module a route: layout and wiring of what is shown, no decisions."""
