"""`python -m anncli`: the same program as `ann`."""

from anncli.cli.main import main

if __name__ == "__main__":
    main()
