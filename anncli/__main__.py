"""`python -m anncli`: the same program as `ann`."""

from anncli.cli.program import program

if __name__ == "__main__":
    program()
