"""Spiking neurons: exact events forward, adjoint backward, in float64; one noun a module.

The samples are Tokens: source index and time in seconds, sorted by time within each sample. The functions that networks call
are those of `events.py`, which define the signatures; `lif.py` and `peaks.py` are the same functions in numpy.
"""
