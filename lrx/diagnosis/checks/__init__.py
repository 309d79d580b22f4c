"""The checks of the chain, a module for each stage or two. Pure."""
