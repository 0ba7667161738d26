"""Events about what there is and where it is served, rather than about one request."""
