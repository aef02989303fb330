#!/bin/sh
# The harness must pass what is right and fail what is wrong.
here=${srcdir:-.}/tests/dialog
for tool in python3 openssl; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
CLIENT=$here/self/fake.py PYTHONDONTWRITEBYTECODE=1 \
	python3 "$here/run.py" "$here"/self/*.dialog
# 1 is for tests that failed, which have been told one by one.
status=$?
[ $status -le 1 ] || exit $status
