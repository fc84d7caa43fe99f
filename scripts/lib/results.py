#!/usr/bin/env python3
"""results.py TESTLOG.json: prints "PASSED FAILED" of a meson test run.

doctest programs count by their test cases, others as one. What failing tests printed goes to
stderr, as do the names of skipped ones and the first line that they printed. A missing or empty log
counts as one failure.
"""

import json
import re
import sys

CASES = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")
GOOD = ("OK", "EXPECTEDFAIL")


def count(test):
    """(passed, failed) of one entry of the log."""
    good = test["result"] in GOOD
    cases = CASES.search(test.get("stdout", ""))
    if not cases:
        return (1, 0) if good else (0, 1)
    passed, failed = int(cases[2]), int(cases[3])
    if not good and failed == 0:
        failed = 1  # it crashed, leaked or ran out of time after its last case
    return passed, failed


def main():
    passed = failed = 0
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            tests = [json.loads(line) for line in log]
    except OSError as error:
        print(f"no test log: {error}", file=sys.stderr)
        tests = []
    for test in tests:
        if test["result"] == "SKIP":
            why = test.get("stdout", "").partition("\n")[0]
            print(f"skipped: {test['name']}: {why}".rstrip(": "), file=sys.stderr)
            continue
        good, bad = count(test)
        passed += good
        failed += bad
        if bad:
            output = test.get("stdout", "") + test.get("stderr", "")
            print(f"{test['result']}: {test['name']}\n{output[-6000:]}", file=sys.stderr)
    print(passed, failed if tests else 1)


main()
