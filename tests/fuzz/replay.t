#!/bin/sh
# Every input that was ever worth keeping, through its fuzz target:
# tests/fuzz/corpus/NAME/* into tests/fuzz/fuzz_NAME.
n=0
for corpus in "${srcdir:-.}"/tests/fuzz/corpus/*/; do
	n=$((n + 1))
	name=$(basename "$corpus")
	if out=$("./tests/fuzz/fuzz_$name" "$corpus"* 2>&1); then
		echo "ok $n - $name: $out"
	else
		echo "not ok $n - $name"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
done
echo "1..$n"
