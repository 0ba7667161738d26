"""Reads and writes the containers in Blob storage: dropped files, published CSRs, trusted CAs."""
