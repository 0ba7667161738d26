"""Events about requests that wait, or have waited, for the yes of other people."""
