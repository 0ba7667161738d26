"""The routes of approvals."""
