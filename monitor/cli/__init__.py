"""The command line: commands for a person at a terminal and for scripts."""
