"""Finds the certificates in a file from a CA, by its content and never by its name, and refuses
files that hold a private key.
"""
