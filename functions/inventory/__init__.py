"""What there is: snapshots of the vaults, and what can be read from them."""
