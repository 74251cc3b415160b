"""Classes with the names and signatures of other packages, made of eventcodec's parts."""
