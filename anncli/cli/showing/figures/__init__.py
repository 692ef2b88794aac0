"""The figures of `ann plot` and `ann report`: a module each, with the drawing and its numbers."""
