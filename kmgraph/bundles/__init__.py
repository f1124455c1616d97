"""Bundles: the files people fill in, read, checked and written."""
