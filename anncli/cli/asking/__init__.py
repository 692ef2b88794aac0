"""Asking: words and options of the command line."""
