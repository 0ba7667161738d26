"""The ways in, one blueprint each: read the request, call one use case, choose a response."""
