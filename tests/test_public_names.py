"""What kmgraph offers under its own name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kmgraph


def test_public_names_are_sorted_and_real() -> None:
    """__all__ lists each public name once, and each of them is there."""
    assert sorted(kmgraph.__all__) == kmgraph.__all__ == dir(kmgraph)
    assert all(getattr(kmgraph, name) is not None for name in kmgraph.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = kmgraph.nonsense


def test_importing_kmgraph_loads_no_optional_package() -> None:
    """A program that opens a store loads nothing that it does not need."""
    code = (
        "import sys, kmgraph; kmgraph.open_store; kmgraph.build;"
        "bad = {'flask', 'pandas', 'pyshacl', 'owlready2', 'openpyxl', 'ijson'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_for_queries_does_not_look_up_the_version() -> None:
    """Each worker would start later for it, and it is there for those who ask."""
    code = (
        "import sys, kmgraph.execution.worker as worker, kmgraph;"
        "early = 'importlib.metadata' in sys.modules;"
        "from kmgraph import __version__;"
        "sys.exit(early or __version__ != kmgraph.__version__ or not __version__[0].isdigit())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_package_is_named_with_its_extra() -> None:
    """Without pandas, a DataFrame is refused with the command that installs it."""
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from kmgraph.results import Solutions\n"
        "from kmgraph.errors import MissingExtraError\n"
        "try: Solutions([], []).to_dataframe()\n"
        "except MissingExtraError as error: assert 'pip install kmgraph[frames]' in str(error)\n"
        "else: sys.exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
