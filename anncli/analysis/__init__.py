"""Analysis: what a trained network and its error surface look like from inside."""
