"""Vocabulary and rules: what a request is, what may happen to it, and what people are told of it.
No I/O; callers pass the time.
"""
