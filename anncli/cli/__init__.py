"""The command line.

Help, completion and usage errors must answer at once, so nothing that they import may import numpy (0.1 s), yaml or a
compiled module. Each command is therefore two modules: commands/NAME.py declares its arguments and help, and imports the
module in running/ that does the work, as a whole, when the command is run.
"""
