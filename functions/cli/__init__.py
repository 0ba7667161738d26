"""Programs for a terminal: the merge doctor, which can be installed without the rest of
Certflow.
"""
