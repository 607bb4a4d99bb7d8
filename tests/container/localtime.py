# SPDX-License-Identifier: MIT
"""Shows one moment in local time, as localtime.c does."""
import time

print(time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(1782900000)))
