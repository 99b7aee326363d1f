#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py FILE.jsonl...: is each line a record as docs/record.schema.json has it?

Also holds what the schema cannot say: no key twice in an object, no control character in a line.
Exit 0: all are; 1: some are not, each is shown; 77: python3-jsonschema is missing."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("schema.py: skipped, python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)


def unique(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice: %s" % sorted(k for k in keys if keys.count(k) > 1))
    return dict(pairs)


def refuse(token):
    raise ValueError("%s is no JSON" % token)


def main(files):
    schema = json.loads((pathlib.Path(__file__).parents[2] / "docs/record.schema.json").read_text())
    validators = {
        kind: jsonschema.Draft202012Validator(dict(part, **{"$defs": schema["$defs"]}))
        for kind, part in schema["$defs"].items()
    }
    good = bad = 0
    for name in files:
        for number, line in enumerate(pathlib.Path(name).read_bytes().split(b"\n")[:-1], 1):
            try:
                text = line.decode("utf-8")
                if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
                    raise ValueError("a control character")
                record = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
                errors = list(validators[record["type"]].iter_errors(record))
                if errors:
                    raise ValueError("; ".join(e.message for e in errors[:3]))
                good += 1
            except (ValueError, KeyError) as e:
                bad += 1
                print("%s:%d: %s" % (name, number, e), file=sys.stderr)
        tail = pathlib.Path(name).read_bytes().split(b"\n")[-1]
        if tail:
            bad += 1
            print("%s: half a line at the end" % name, file=sys.stderr)
    print("schema: %d records right, %d wrong" % (good, bad))
    return 1 if bad else 0


sys.exit(main(sys.argv[1:]))
