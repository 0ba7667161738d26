"""The history in Azure Tables beyond one certificate: pages over all names."""
