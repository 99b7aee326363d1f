# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""Every real client that is here, unmodified, in a network namespace that has only lo, against the
mock: are its calls seen, are tokens and times right, by which locator, over which HTTP? The answer
has to be that of docs/clients.md, which this writes when asked:

  python3 tests/e2e/test_matrix.py [--write] [PART OF A NAME...]

Each program is known to the tracer before it runs, as that of any daemon's host is; test_short.py
has those that are not."""
import json
import os
import re
import subprocess
import sys

import asides
import lib
import netns
import real
from lib import check

# What a run on fewer or other machines must find as it is written.
HELD = ('TLS stack', 'HTTP', 'calls seen', 'tokens right', 'TTFT right')
CALLS = 2
AT_ONCE = 2
HEAD = '''# Clients

What llmsnoop sees of real clients, unmodified, over TLS 1.3. This table is written by
`tests/e2e/test_matrix.py --write` and held true by the same test: "calls seen", "tokens right" and
"TTFT right" compare each call's record with what the mock provider says it answered and when.
TTFT is right when it is neither before the provider sent the first token nor after the client had
it. "located" are builds for another machine or C library, or a runtime alone: where to probe was
found in the file, no call was made. .NET 9 is what a program of Microsoft's (azmcp) brings along; the
calls come from a start-up hook in it. A client that is not seen is named by llmsnoop when it calls a
model provider, and by `llmsnoop doctor`.

'''


def runs_of(client, vendor):
    """[(tag, run)]: one for each way of calling."""
    out = []
    for i, stream in enumerate(client.streams):
        tag = '%s-%d' % (re.sub(r'\W+', '_', client.name), i)
        home = lib.temporary_directory()
        env = real.environment(client, vendor, tag, home, stream, client.apis[i % len(client.apis)],
                               CALLS)
        out.append((tag, {
            'name': client.name, 'argv': real.command(client, vendor, CALLS), 'env': env,
            'cwd': home, 'seconds': 60, 'first': client.first.decode()}))
    return out


def located(file):
    r = subprocess.run([lib.helper('located'), file], capture_output=True, text=True)
    return [x for x in map(json.loads, r.stdout.splitlines()) if 'stack' in x]


def yes(good, of):
    return 'yes' if of and good == of else 'no' if not good else '%d of %d' % (good, of)


class Row:
    """What became of one client."""

    def __init__(self, client):
        self.client, self.calls = client, []
        self.tokens = self.times = self.seen = 0
        self.stacks, self.https = set(), set()

    def judge(self, record, truth, said):
        self.calls.append(truth)
        if not record:
            return
        self.seen += 1
        self.stacks.add(record.get('llmsnoop.tls'))
        self.https.add('WebSocket' if truth.get('websocket') else
                       record.get('network.protocol.version'))
        faults, late = asides.faults(record, truth, said, not self.client.lines)
        self.tokens += not faults
        self.times += not late
        for fault in faults + late:
            print('%s, call %s:' % (self.client.name, truth.get('tag')), *fault, flush=True)

    def columns(self):
        all_ = located(self.client.file)
        mine = [x for x in all_ if x['stack'] in self.stacks] or all_
        n, c = len(self.calls), self.client
        if c.unseen and not self.seen:
            return c.name, c.version, c.unseen, c.linkage, '–', c.http, 'no', '–', '–'
        stacks = ', '.join(sorted({x['stack'] for x in mine})) or 'not known'
        return (c.name, c.version or '–', stacks, c.linkage,
                ', '.join(sorted({x['locator'] for x in mine if x['sites']})) or '–',
                ', '.join(sorted(map(str, self.https))) or c.http, yes(self.seen, n),
                yes(self.tokens, n), yes(self.times, n))


# Row's name: directory, and the file in it, of builds that cannot run here, or of which nothing here
# makes a program.
STATIC = {'Claude Code, arm64': ('claude-code-arm64', 'claude'),
          'Claude Code, musl': ('claude-code-musl', 'claude'),
          'Dart': ('dart', 'dart-sass/src/dart')}


def static_version(directory, file):
    """Dart's package has the version of what Dart comes along with."""
    return real.number(real.words(file, '--version')) if directory == 'dart' else \
        real.fetched_version(directory)


def static_rows():
    out = []
    for name, (directory, path) in STATIC.items():
        try:
            file = real.fetched(directory, path)
        except real.Missing as e:
            print('not here: %s: %s' % (name, e))
            continue
        got = [x for x in located(file) if x['sites']]
        out.append((name, static_version(directory, file),
                    ', '.join(x['stack'] for x in got) or 'not known', 'static',
                    ', '.join(x['locator'] for x in got) or '–', '–',
                    'located' if got else 'no', '–', '–'))
    return out


def write(rows):
    """What was not tried now stays as it is written."""
    order = [*real.table(), *STATIC]
    rows = {**real.documented(), **{r[0]: dict(zip(real.COLUMNS, r)) for r in rows}}
    with open(real.DOCS, 'w') as f:
        f.write(HEAD)
        f.write('| %s |\n|%s\n' % (' | '.join(real.COLUMNS), '---|' * len(real.COLUMNS)))
        for name in (n for n in order if n in rows):
            f.write('| %s |\n' % ' | '.join(rows[name][c] for c in real.COLUMNS))


def run(clients, vendor):
    """{client name: Row}, and the tracer's lines."""
    plan, kinds = [], {}
    for client in clients:
        for tag, one in runs_of(client, vendor):
            kinds[tag] = (client, len(plan))
            plan.append(one)
    path = os.path.join(vendor.dir, 'plan.json')
    with open(path, 'w') as f:
        json.dump({'at_once': AT_ONCE, 'runs': plan}, f)
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(lib.ROOT, 'tests/e2e/drive.py'), path])
    librarian = real.hold({c.file for c in clients})
    tracer = lib.Tracer('-p', '%d,%d' % (held.pid, librarian), seconds=90)
    held.go()
    results = {r['index']: r for r in lib.json_lines(held.finish(540))}
    tracer.settle()
    check.equal(tracer.stop(), 0, 'exit status of the tracer')
    records = tracer.records()
    calls = asides.Calls(records)
    # Some choose their tags themselves.
    printed = {line.get('id'): (client, index) for client, index in kinds.values()
               for line in lib.json_lines(results.get(index, {}).get('out', '')) if client.lines}
    rows = {c.name: Row(c) for c in clients}
    for truth in vendor.truth(len(records)):
        client, index = kinds.get(truth.get('tag')) or printed.get(truth.get('response_id')) or \
            (None, None)
        if not check(client, 'a call of no client', truth.get('path'), truth.get('tag')):
            continue
        found = calls.take(truth)
        check(len(found) <= 1, client.name, 'has', len(found), 'records for one call')
        row = rows[client.name]
        result = results.get(index, {})
        said = {'start_ns': result.get('begun_ns'), 'end_ns': result.get('ended_ns')}
        if client.lines:
            said = next((x for x in lib.json_lines(result.get('out', ''))
                         if x.get('id') == truth.get('response_id')), {})
        elif truth['offers_tools']:
            said['first_ns'] = result.get('first_ns')
        row.judge(found[0] if found else None, truth, said)
    for r in calls.left:
        check(False, 'a record of no call:', json.dumps(r)[:300])
    for client, index in kinds.values():
        r = results.get(index, {})
        check.equal(r.get('status'), 0, client.name, 'ends with', r.get('err', '')[-300:])
    for row in rows.values():
        check(row.calls, row.client.name, 'made no calls')
    return rows, tracer.lines


def main():
    words = sys.argv[1:]
    rewrite = '--write' in words
    want = [w for w in words if not w.startswith('--')]
    lib.need_tracing()
    lib.helper('located')
    if not netns.enter():
        lib.skip('no network namespace here')
    vendor = real.Vendor('--speed', 0.3, life=580)
    clients, missing = real.find(want)
    for name, why in missing.items():
        print('not here: %s: %s' % (name, why))
    if not vendor.http2:
        print('no HTTP/2 at the mock (Python package h2): those clients speak HTTP/1.1')
    if not clients:
        lib.skip('none of the clients is here')
    rows, lines = run(clients, vendor)
    table = [row.columns() for row in rows.values()]
    if not want:
        table += static_rows()
    for line in table:
        print(' | '.join(line))
    if rewrite:
        write(table)
    told = real.documented()
    for line in table:
        now = dict(zip(real.COLUMNS, line))
        was = told.get(line[0])
        if not check(was, line[0], 'is not in docs/clients.md'):
            continue
        for column in HELD:
            if vendor.http2 or column != 'HTTP':
                check.equal(now[column], was[column], line[0] + ', docs/clients.md is not right:',
                            column)
    print('seen %d of %d clients' % (sum(r[6] == 'yes' for r in table), len(table)))
    check.finish()


main()
