"""The command `lrx`. With `--json` there is one document on stdout; what is for people goes to stderr."""

from lrx.cli.program import app, main

__all__ = ["app", "main"]
