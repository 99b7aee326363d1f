# SPDX-License-Identifier: Apache-2.0
"""llmsnoop report gives the numbers that jq computes from the same records: over a run with real
clients, and over 100,000 made-up ones in rotated, compressed and overlapping files. Losses are those of
all runs of the tracer, each in the period alone."""
# timeout: 240
import csv, functools, gzip, io, json, os, shutil, signal, subprocess, sys

import lib
import records
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
for tool in ('jq', 'zstd'):
    if not shutil.which(tool):
        lib.skip('%s is not installed' % tool)

# What jq keeps of each record, and how it sums up a group: as docs/llmsnoop.8 says, not as our code does.
KEEP = r'''
select(.type == "llm.call" and .["llmsnoop.role"] != "server" and .time >= $since and .time < $until) |
{id: (.trace_id + .span_id), day: .time[:10], by: (.["llmsnoop.feature"] // .["service.name"]),
 model: (.["gen_ai.request.model"] // .["gen_ai.response.model"]), error: .["error.type"],
 fetched: (.["gen_ai.operation.name"] == "fetch_response"), attempt: .["llmsnoop.attempt"],
 in: .["gen_ai.usage.input_tokens"], out: .["gen_ai.usage.output_tokens"], cached: .["gen_ai.usage.cache_read.input_tokens"],
 cost: .["gen_ai.usage.cost"], ttft: .["llmsnoop.ttft_s"], time: .duration_s, cut: .["llmsnoop.truncated"]}'''
SUM = r'''
def rank(q): sort | if length == 0 then null else .[([(length * q | ceil), 1] | max) - 1] end;
def total: map(. // 0) | add // 0;
unique_by(.id) | group_by(KEY) | map({key: (.[0] | KEY), all: ., calls: map(select(.fetched | not))}) | map({key,
 calls: (.calls | length), fetched: (.all | map(select(.fetched)) | length), errors: (.all | map(select(.error)) | length),
 retries: (.all | map(select((.attempt // 1) > 1)) | length),
 recovered: (.all | map(select((.attempt // 1) > 1 and .error == null)) | length),
 input_tokens: (.all | map(.in) | total), output_tokens: (.all | map(.out) | total), cache_read_tokens: (.all | map(.cached) | total),
 nusd: (.all | map((.cost // 0) * 1e9 | round) | total), priced: (.all | map(select(.cost)) | length),
 unpriced: (.all | map(select(.cost == null and ((.in // 0) > 0 or (.out // 0) > 0))) | length), truncated: (.all | map(select(.cut)) | length),
 ttft_p50_s: (.calls | map(.ttft | numbers) | rank(0.5)), ttft_p95_s: (.calls | map(.ttft | numbers) | rank(0.95)),
 ttft_p99_s: (.calls | map(.ttft | numbers) | rank(0.99)), duration_p50_s: (.calls | map(.time | numbers) | rank(0.5)),
 duration_p95_s: (.calls | map(.time | numbers) | rank(0.95)), duration_p99_s: (.calls | map(.time | numbers) | rank(0.99))})'''
KEYS = {'feature': '[.by]', 'feature,model': '[.by, .model]', 'day': '[.day]', 'error': '[.error]'}
ALL = ('0000', '9999')


@functools.lru_cache(None)
def by_jq(path, kept, by, since=ALL[0], until=ALL[1]):
    if not os.path.exists(kept):
        with open(kept, 'w') as out:
            subprocess.run(['jq', '-c', '--arg', 'since', since, '--arg', 'until', until, KEEP, path], stdout=out, check=True)
    out = subprocess.run(['jq', '-s', SUM.replace('KEY', KEYS[by])] + [kept], stdout=subprocess.PIPE, check=True).stdout
    return {tuple(g['key']): {k: v for k, v in g.items() if k != 'key'} for g in json.loads(out)}


def report(*args, status=0, stdin=None, env=None):
    p = subprocess.run([lib.LLMSNOOP, 'report', *args], stdin=stdin, capture_output=True, timeout=100, env={**os.environ, **(env or {})})
    check.equal(p.returncode, status, 'exit status of report', *args, p.stderr.decode()[-300:])
    return p.stdout.decode()


def nano(text):
    whole, _, part = text.partition('.')
    return int(whole) * 10**9 + int((part + '0' * 9)[:9])


def compare(what, text, want, by):
    got = {}
    for g in json.loads(text, parse_float=str)['groups']:
        # Tools and runs make groups, too; they are no calls.
        if g['calls'] or g['fetched']:
            got[tuple(g.get(k) for k in by.split(','))] = g
    check.equal(set(got), set(want), what, 'groups')
    bad = 0
    for key in set(got) & set(want):
        for name, value in want[key].items():
            have = got[key].get('cost_usd' if name == 'nusd' else name)
            if name == 'nusd':
                have = nano(str(have)) if have is not None else 0
            elif name.endswith('_s') and have is not None:
                have = float(have)
            elif name == 'cache_read_tokens':
                have = have or 0
            bad += not check.equal(have, value, what, key, name)
    return len(want) * len(next(iter(want.values()), ())) - bad


def same_as_jq(path, files, name, kinds=KEYS, since=None, until=None):
    kept = os.path.join(DIRECTORY, name + '.kept')
    window = ['--since', since, '--until', until] if since else []
    n = 0
    for by in kinds:
        want = by_jq(path, kept, by, *([since + 'T00:00:00', until + 'T00:00:00'] if since else []))
        n += compare(name + ' -b ' + by, report('-j', '--utc', '-b', by, *window, *files), want, by)
    print(name, 'numbers that are the same:', n)
    return n


def real_run():
    lib.need_tracing()
    provider = lib.Provider('--speed', 0.05)
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), 'mixed', '250', '4'],
                    env={**provider.env, **lib.private_libssl(), 'DEMO': 'tokens=8'})
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    said = lib.json_lines(held.finish())[0]
    tracer.settle(said['good'])
    check.equal(tracer.stop(), 0, 'exit status')
    provider.stop()
    path = os.path.join(DIRECTORY, 'real.jsonl')
    with open(path, 'w') as f:
        f.writelines(json.dumps(r) + '\n' for r in tracer.all_records())
    check(same_as_jq(path, [path], 'real') > 20, 'too few numbers')
    # Which feature used the most yesterday, and why? The run was today.
    text = report('-b', 'feature', '--since', 'yesterday', path)
    check('WHY\n' in text and 'load.py' in text, 'no answer in:', text)
    check.equal(json.loads(report('-j', '--until', 'today', path))['records'], 0, 'records before today')


LOSSES = ('lost_records', 'lost_bytes', 'gaps', 'missed_calls', 'refused', 'unwritten')


def lost(lines, since=ALL[0], until=ALL[1]):
    """What the runs of the tracer lost in a period: a total at its end, less that at its beginning."""
    total = {}
    for r in map(json.loads, (x for x in lines if '"stats"' in x)):
        known = 'started' in r
        if r['time'] >= until or (r['time'] < since and not known):
            continue
        for name in LOSSES:
            was = total.setdefault((r.get('started'), name), [0, 0])
            now = r['time'] >= since
            was[now] = max(was[now], r.get(name, 0))
    got = {name: sum(max(now - before, 0) for (_, n), (before, now) in total.items() if n == name) for name in LOSSES}
    return {name: n for name, n in got.items() if n}


def losses(lines, files):
    seen = []
    for window in ((), ('2026-11-20', '2026-11-21'), ('2026-11-19', '2026-11-20'), ('2026-11-20T06:00:00', '2026-11-20T07:30:00')):
        args = ['--utc', '--since', window[0], '--until', window[1]] if window else []
        got = json.loads(report('-j', *args, *files))['completeness']
        want = lost(lines, *(x if 'T' in x else x + 'T00:00:00' for x in window))
        check.equal({k: v for k, v in got.items() if k in LOSSES}, want, 'losses', *window)
        seen.append(want)
    check(len(seen[0]) == 5 and seen[1] != seen[0] and seen[2] != seen[1], 'losses that tell nothing:', seen)
    check('The tracer told of losses: ' in report(*files), 'no word of losses')


def restarts():
    """Two runs of the tracer, each with a ring that is much too small while nobody reads it."""
    lib.need_tracing()
    provider = lib.Provider('--speed', 0.05)
    totals, lines = [], []
    for _ in range(2):
        held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), 'threads', '40'],
                        env={**provider.env, **lib.private_libssl(), 'DEMO': 'size=4000&tokens=60'})
        tracer = lib.Tracer('-p', held.pid, '--ring', '64K')
        tracer.process.send_signal(signal.SIGSTOP)
        held.go()
        held.finish()
        tracer.process.send_signal(signal.SIGCONT)
        tracer.settle()
        check.equal(tracer.stop(), 0, 'exit status')
        totals.append({k: v for k, v in tracer.stats().items() if k in LOSSES and v})
        lines += [json.dumps(r) + '\n' for r in tracer.all_records()]
        check.equal(len({r['started'] for r in tracer.records('stats')}), 1, 'beginnings of one run')
    provider.stop()
    print('two runs lost', totals)
    check(all(t.get('lost_records') for t in totals), 'a run that lost nothing')
    path = os.path.join(DIRECTORY, 'restarts.jsonl')
    with open(path, 'w') as f:
        f.writelines(reversed(lines))
    got = json.loads(report('-j', path))['completeness']
    for name in LOSSES:
        check.equal(got.get(name, 0), sum(t.get(name, 0) for t in totals), 'both runs', name)


def split(lines):
    """Three files of a rotation that overlap, two of them compressed."""
    third = len(lines) // 3
    names = [os.path.join(DIRECTORY, x) for x in ('llm.jsonl', 'llm.jsonl.1.gz', 'llm.jsonl.2')]
    parts = [lines[2 * third - 500:], lines[third - 500:2 * third], lines[:third]]
    with open(names[0], 'w') as f:
        f.writelines(parts[0])
    with gzip.open(names[1], 'wt', compresslevel=1) as f:
        f.writelines(parts[1])
    with open(names[2], 'w') as f:
        f.writelines(parts[2])
    subprocess.run(['zstd', '-q', '-1', '--rm', names[2]], check=True)
    return [names[2] + '.zst', names[0], names[1]]


def made_up():
    lines = [x + '\n' for x in records.records(100000)]
    path = os.path.join(DIRECTORY, 'all.jsonl')
    with open(path, 'w') as f:
        f.writelines(lines)
    check(same_as_jq(path, [path], 'whole', ('feature,model', 'error')) > 600, 'too few numbers')
    files = split(lines)
    same_as_jq(path, files, 'whole', ('feature,model',))
    same_as_jq(path, files, 'day', ('feature', 'day'), '2026-11-20', '2026-11-21')
    whole, parts = json.loads(report('-j', path)), json.loads(report('-j', *files))
    check.equal(parts['completeness'].pop('duplicates'), 1000 - sum('"stats"' in x for x in lines[len(lines) // 3 - 500:len(lines) // 3] +
                                                                   lines[2 * (len(lines) // 3) - 500:2 * (len(lines) // 3)]), 'duplicates')
    whole.pop('files'), parts.pop('files')
    for key in whole:
        check.equal(parts[key], whole[key], 'rotated files give', key)
    with open(path) as f:
        check.equal(json.loads(report('-j', '-', stdin=f)), {**whole, 'files': 1}, 'standard input gives')
    losses(lines, files)
    outputs(path, whole)
    manners(path, lines)


def outputs(path, whole):
    rows = list(csv.DictReader(io.StringIO(report('--csv', path), newline='')))
    groups = whole['groups']
    check.equal(len(rows), len(groups), 'rows of CSV')
    for row, g in zip(rows, groups):
        check.equal(row['feature'], g['feature'].replace('\x07', '\ufffd'), 'feature in CSV')
        for name in ('calls', 'input_tokens', 'cost_usd', 'ttft_p99_s'):
            check.equal(float(row[name]), float(g[name]), 'CSV', name)
    check.equal([r['cost_usd'] for r in groups], sorted((r['cost_usd'] for r in groups), reverse=True), 'order')
    top = json.loads(report('-j', '-n', '2', '-s', 'calls', path))
    check.equal((len(top['groups']), top['groups_left_out']), (2, len(groups) - 2), 'rows with -n 2')
    check.equal(top['total'], whole['total'], 'total with -n 2')
    for columns in (60, 80, 100, 120):
        text = under_terminal(columns, path)
        check('\x1b[' in text, 'no colour on a terminal')
        check('prod/rag' in text and 'a "quoted' in text, 'names at', columns)
    check('\x1b' not in report(path), 'colour in a pipe')


def under_terminal(columns, path):
    """What it writes to a terminal of that width."""
    code = ('import os,pty,sys,fcntl,termios,struct\n'
            'pid, fd = pty.fork()\n'
            'if not pid:\n'
            '    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, %d, 0, 0))\n'
            '    os.execv(sys.argv[1], sys.argv[1:])\n'
            'out = b""\n'
            'while True:\n'
            '    try: x = os.read(fd, 65536)\n'
            '    except OSError: break\n'
            '    if not x: break\n'
            '    out += x\n'
            'os.waitpid(pid, 0)\n'
            'sys.stdout.buffer.write(out)' % columns)
    out = subprocess.run([sys.executable, '-c', code, lib.LLMSNOOP, 'report', path], capture_output=True, check=True,
                         env={**os.environ, 'TERM': 'xterm', 'NO_COLOR': ''}).stdout
    return out.decode()


def manners(path, lines):
    total = json.loads(report('-j', path))['total']['cost_usd']
    report('--fail-over', '%.9f' % (total + 1), path)
    report('--fail-over', '1', path, status=4)
    hurt = os.path.join(DIRECTORY, 'hurt.jsonl')
    with open(hurt, 'w') as f:
        f.writelines(lines[:9] + ['{"type":\n', '{"no":"record"}\n', 'x\n', '\n'] + lines[9:19] + [lines[19][:200]])
    got = json.loads(report('-j', hurt))['completeness']
    check.equal(got.get('broken'), {'lines': 2, 'file': hurt, 'line': 10}, 'broken lines')
    check.equal(got.get('foreign'), {'lines': 1, 'file': hurt, 'line': 11}, 'other JSON')
    check.equal(got.get('cut'), {'lines': 1, 'file': hurt, 'line': 24}, 'a cut line')
    with open(hurt + '.gz', 'wb') as f:
        f.write(gzip.compress(''.join(lines[:2000]).encode())[:-20])
    check(json.loads(report('-j', hurt + '.gz', status=1))['records'] > 1000, 'nothing of a cut file')
    check(json.loads(report('-j', '/nonexistent', path, status=1))['records'] > 90000, 'a missing file hides the others')
    for wrong in ([], ['-b', 'colour', path], ['--since', 'never', path], ['-j', '--csv', path], ['--sins', path], ['-s', 'x', path],
                  ['--since', 'today', '--until', 'yesterday', path], ['--fail-over', 'much', path], ['-n', '0', path], ['-b']):
        report(*wrong, status=2)
    check('fail-over' in report('--help'), 'no help')
    schema(path)


def schema(path):
    try:
        import jsonschema
    except ImportError:
        return
    with open(os.path.join(lib.ROOT, 'docs/report.schema.json')) as f:
        s = json.load(f)
    for args in ([], ['--since', '2026-11-20', '--utc'], ['-b', 'pod,error,week'], ['--role', 'server'], ['-m', 'none']):
        try:
            jsonschema.validate(json.loads(report('-j', *args, path)), s)
        except jsonschema.ValidationError as e:
            check(False, 'report', args, 'is not as its schema has it:', e.message)


DIRECTORY = lib.temporary_directory()
made_up()
real_run()
restarts()
check.finish()
