"""The morning data-availability monitor: checks that every game to be played has its Phase 4 data."""

__version__ = "0.1.0"
