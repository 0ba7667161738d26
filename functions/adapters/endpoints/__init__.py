"""TLS servers that are looked at, and the file that names them."""
