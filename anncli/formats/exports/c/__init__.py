"""C99 for microcontrollers and other programs: no malloc, no state, floating point or integers only."""
