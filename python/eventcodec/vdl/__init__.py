"""VisualDL's records: what their values are, and the same as values of event files."""
