"""The core: what a request is, what may happen to it, what a chain is. No Azure, no HTTP.

Imports the standard library, `cryptography`, and itself; a test holds it to that.
"""
