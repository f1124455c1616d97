"""The command line: argument parsing, output and exit codes, nothing else.

Exit codes: 0 all went well; 1 the command failed; 2 the command was called wrongly; 3 a bundle has
problems and nothing was built; 4 the shapes are violated; 5 the good records were built and others
were set aside.
"""

from __future__ import annotations

from kmgraph.cli.root import cli, main

__all__ = ["cli", "main"]
