"""Reads X.509 certificates and describes them in words. Imports `cryptography` and itself only, and
knows nothing of requests or chains.
"""
