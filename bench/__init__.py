"""Benchmarks the monitor against the alternatives, side by side on one machine: `make bench`."""
