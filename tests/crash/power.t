#!/bin/sh
# What is on the disk after a power failure, behind each call.
exec python3 "${srcdir:-.}/tests/crash/power.py"
