"""The record of who did what: how long it is kept, and the files that their own writer cannot
change.
"""
