"""Everything that runs on one machine, with no cloud and no Slack."""
