"""The board of all requests, kept for some seconds, and the view of one request. Reads alone."""
