"""The history in Azure Tables beyond one certificate: pages over all names, what is too old, and
acts that wait for their record.
"""
