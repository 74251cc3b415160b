"""The benchmark: the same work done by eventcodec, by plain Python and by the installed peers."""
