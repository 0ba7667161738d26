"""What the app does by itself: due checks, inventory scans, notices of ends, renewals, digests."""
