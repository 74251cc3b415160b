"""Drawings of series, for a terminal and as pictures. Takes arrays; knows nothing of files."""
