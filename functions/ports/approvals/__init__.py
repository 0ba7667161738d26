"""The port to the store of approvals."""
