"""What a network can be written as for other programs: code, standard files, drawings."""
