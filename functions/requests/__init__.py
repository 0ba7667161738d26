"""The life of one request: it is created, tracked, checked and managed, and its CSR published."""
