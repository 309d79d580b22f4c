"""The Learning Record Exchange: everything that does not depend on who receives."""

__version__ = "0.2.0"
