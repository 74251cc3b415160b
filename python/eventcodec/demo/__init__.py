"""The demonstration: a small real classifier, trained and logged. Run by `eventcodec demo`."""
