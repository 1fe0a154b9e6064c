"""Group commit: requests of points that wait at the same time go into one transaction.

Nothing is imported here: the service reads `settings.py` before anything heavy.
"""
