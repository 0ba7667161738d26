"""A local Azure Functions host: indexes and invokes `function_app.py` through Microsoft's own worker library.

It plays the part of the .NET host (routing, keys, schedules, queues, webhooks, retries, poison) as described in the
sources of that host, and refuses to start where the platform would misbehave quietly.

It does not play: `functionTimeout` (the platform restarts the worker), scale-out and the lease that keeps a timer on
one instance, HTTPS, SDK-type parameters, routes with half a segment as parameter, and any trigger but HTTP, timer,
queue, blob and Event Grid or any output but queue messages. What it does not know, it refuses at start.
"""
