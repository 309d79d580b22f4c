"""Proofs go out: what is owed, and what pull recipients may see."""
