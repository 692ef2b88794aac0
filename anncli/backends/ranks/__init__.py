"""One training over several processes, which an MPI connects: rank 0 runs the program, the others compute on their rows."""
