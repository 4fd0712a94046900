"""`python -m xlogdecode`."""

from xlogdecode.cli import main

if __name__ == "__main__":
    main()
