"""What the processes under test do, one module for each campaign."""
