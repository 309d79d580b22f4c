"""`python -m lrx`."""

from lrx.cli import main

if __name__ == "__main__":
    main()
