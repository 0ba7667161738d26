"""The one factor by which every wait of the platform and of the product is shorter in the soak."""

from __future__ import annotations

SPEED = 20
# The timers' schedules by their settings: every minute, hour and ten minutes; daily is left to the demo.
SCHEDULES = {
    "CERTFLOW_CHECK_SCHEDULE": "*/3 * * * * *",
    "CERTFLOW_DISCOVER_SCHEDULE": "0 */3 * * * *",
    "CERTFLOW_SWEEP_SCHEDULE": "*/30 * * * * *",
}
