"""Networks in integers, for microcontrollers: numbers of 8 or 16 bits, sums of 32 or 64, and no floating point in between."""
