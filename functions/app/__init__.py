"""What use cases share: the ports, assembled once; the rate limits of the vaults; the outbox; and
questions that several of them ask.
"""
