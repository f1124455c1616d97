"""Stores of quads: the contract, pyoxigraph in memory and on disk, and generations."""
