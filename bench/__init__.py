"""Measurements: each names the machine, runs both sides in one run, and reports ratios."""
