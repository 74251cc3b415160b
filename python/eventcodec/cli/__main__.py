"""`python -m eventcodec.cli`, for a machine where the script is not on PATH."""

from eventcodec.cli.main import main

main()
