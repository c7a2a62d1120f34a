"""Runs everything on one machine, without the cloud or Slack."""
