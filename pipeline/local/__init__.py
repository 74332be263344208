"""The servers that `make run` and the tests start on this machine: an S3 server and PostgreSQL, on loopback alone."""
