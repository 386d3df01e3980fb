"""The nodes over SSH: commands, sensors, terminals, and waking those that sleep."""
