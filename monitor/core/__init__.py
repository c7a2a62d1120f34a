"""The decisions, pure: standard library only, no clock, no environment, no network."""
