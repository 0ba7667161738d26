"""Who may do what: the access file, the policy that a request would have, and the one function that
decides. Pure: no I/O, no clock.
"""
