"""What the campaigns share: the fault shim, the fork server, the oracle, the reader, the rows."""
