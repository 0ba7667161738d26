"""Sends mail over SMTP or Azure Communication Services: one notice or several as one mail, as text
and as HTML.
"""
