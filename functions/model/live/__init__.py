"""Whether servers show the certificates that are in the vaults: where Certflow may look, and what
it concludes from what it sees.
"""
