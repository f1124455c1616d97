"""Run the command line with ``python -m kmgraph``."""

from kmgraph.cli import main

main()
