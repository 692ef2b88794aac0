"""The command line: options in, lines and exit codes out; the only room that speaks to the person."""
