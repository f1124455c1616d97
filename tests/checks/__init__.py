"""Black-box checks of a SPARQL endpoint, run by the tests and by ``bench/conformance.py``."""
