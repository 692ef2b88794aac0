"""Commands: one command a module."""
