"""Readers and writers with the names, signatures and manners of other packages.

docs/compat.md says where they do better than the originals.
"""
