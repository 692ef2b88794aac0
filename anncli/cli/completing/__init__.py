"""Completion on the command line: what stands there, what may follow, and the scripts by which shells ask (no numpy)."""
