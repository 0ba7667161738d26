"""The adapters: one folder or file for each system outside, which implements a port with that
system's SDK or protocol. Exceptions of the SDKs never leave this room.
"""
