"""The morning data-availability monitor: whether Phase 4 is there for every game that will be played."""

__version__ = "0.1.0"
