"""The triggers: the functions that the platform calls, over HTTP, by timers, queues, blobs and
Event Grid. Each reads what it is given, calls a use case, and answers.
"""
