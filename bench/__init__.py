"""The monitor measured against what a person would use instead, side by side on one machine: `make bench`."""
