"""Values to Summary bytes: one module per kind, each a pure function of its arguments."""
