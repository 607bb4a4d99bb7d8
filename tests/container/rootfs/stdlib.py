# SPDX-License-Identifier: MIT
# Imports every module of the standard library, and uses those that need files beside the code.
import importlib
import os
import sys
import warnings

# They print, open a browser, belong to another system, or to packages that are not installed.
without = {"antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo", "lib2to3",
           "_tkinter", "ensurepip", "nis", "_dbm", "_gdbm"}
others = ("nt", "winreg", "win", "_win", "msilib", "_msi", "msvcrt", "_overlapped", "_scproxy", "_osx")
warnings.simplefilter("ignore")
count = 0
for name in sorted(sys.stdlib_module_names - without):
    if name.startswith(others):
        continue
    importlib.import_module(name)
    count += 1

import datetime
import ssl
import zoneinfo

summer = datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
print("modules", count > 250, "zone", summer.tzname(), "uid", os.getuid(),
      "authorities", len(ssl.create_default_context().get_ca_certs()) > 100)
