"""Validates a certificate and its chain: the paths to a CA, what the request asked for, and whom
the vault trusts.
"""
