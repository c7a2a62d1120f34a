"""Slack: what is told, in which words, and how it is delivered. Only this package imports slack_sdk."""
