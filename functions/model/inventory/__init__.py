"""What the inventory knows of each certificate, and what follows from that alone."""
