#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What recorded answers say that they cost, compared with what our arithmetic makes of their tokens by the built-in list of
prices at the time of the call.

usage: costs.py [CORPUS_COSTS [CORPUS_DIR]] [-v]

CORPUS_COSTS is the program built from tests/tools/corpus_costs.c (build/tests/corpus_costs by `make helpers`). Without the corpus
the test is skipped (exit 77). Two figures agree where they are less than a thousandth of a cent (1e-5 USD) apart. Some sums hold
more than the answer counts (another model that was asked inside of the call, pages that were read); where it says beside the sum
what its own tokens cost, that is the figure to agree with, and the rest must be in BEYOND. What disagrees must be in EXPLAINED, with
the reason and both prices. An explanation that is no longer needed fails the test, too. Of all that were recorded 95 % must agree."""
import email.utils, json, os, re, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run as corpus

AGREE_NUSD = 10_000
WANTED = 0.95

# response id: what the provider added to the cost of the tokens that the answer counts
BEYOND = {
    'gen-1784878106-cv1uPhnXxL6Fwc7jmglL': 'an advisor (openrouter:advisor), another model that answered inside of the call',
    'gen-1784878121-HxA00pxmV0n2x1hZAuok': 'an advisor, as above',
    'gen-1765242614-YgDR3Zs41nEz8rEq4RPu': '$0.002 for a page of a PDF that was read ($2 a thousand pages)',
}
LIST, ROUNDED, MADE_UP = 'list', 'rounded', 'made up'
# response id: (kind, what the provider asked then, what the list has for that time)
EXPLAINED = {
    'gen-1786680756-Fmq0SbiQ50hlHCCn30d5': (LIST, '$0.2574/$1.0287 a million on 2026-08-14, and $0.007 for a search', 'before 2026-10-19: $0.38/$0.89 ($0.2574/$1.0287 from 2026-10-20); no search'),
    'gen-1786680764-gY2YTdjLLLQA6Cd1Wa6J': (LIST, '$0.2574/$1.0287 a million on 2026-08-14, and $0.007 for a search', 'as above'),
    'ebde16f7-5fad-49df-b901-e1d266d9883b': (ROUNDED, '$5 a thousand requests on 2025-08-22 (search_context_size low); told in tenths of a cent: its tokens are $0.000', 'the same $5 a thousand requests, and $0.000137 for its tokens ($1/$1 a million)'),
    '00000000-0000-4000-8000-000000000002': (MADE_UP, 'ticks 123456 of a fixture that was written by hand', ''),
    '00000000-0000-4000-8000-000000000001': (MADE_UP, 'ticks 123456 of a fixture that was written by hand', ''),
}

def when(r):
    """Seconds since 1970 of the call, by what the answer says."""
    m = re.search(r'"created(?:_at)?"\s*:\s*(1[5-9]\d{8})\b', (corpus.decoded(r) or b'').decode('utf-8', 'replace'))
    if m:
        return int(m[1])
    for k, v in r['resp_headers']:
        if k.lower() == 'date':
            return int(email.utils.parsedate_to_datetime(v if isinstance(v, str) else v[0]).timestamp())
    return int(time.time())

def of_tokens(r):
    """What the answer says that its own tokens cost (OpenRouter's cost_details), in nano-dollars; else None."""
    m = re.search(r'"cost_details"\s*:\s*({[^{}]*})', (corpus.decoded(r) or b'').decode('utf-8', 'replace'))
    parts = json.loads(m[1]) if m else {}
    parts = [parts.get('upstream_inference_%s_cost' % x) for x in ('prompt', 'completions')]
    return None if None in parts else round(sum(parts) * 1e9)

def figures(program, directory):
    """(time, what the program says, what the answer says of its tokens) for each record with the provider's own figure"""
    records = [r for r, _ in corpus.load(directory) if re.search(rb'cost|ticks', corpus.decoded(r) or b'', re.I)]
    out = subprocess.run([program], input=b''.join(corpus.pack(r, when(r)) for r in records), stdout=subprocess.PIPE, check=True).stdout
    lines = out.decode().split('\n')[:-1]
    if lines.count('') != len(records):
        sys.exit('%s did not answer for each of %d exchanges' % (program, len(records)))
    at = 0
    for line in lines:
        if not line:
            at += 1
            continue
        x = json.loads(line)
        if 'told_nusd' in x:
            yield when(records[at]), x, of_tokens(records[at])

def usd(nusd):
    return '-' if nusd is None else '%.9f' % (nusd / 1e9)

def main():
    argv = [a for a in sys.argv[1:] if a != '-v']
    program = argv[0] if argv else os.path.join(corpus.HERE, '../../build/tests/corpus_costs')
    directory = argv[1] if len(argv) > 1 else os.path.join(corpus.HERE, '../../../shared/corpus')
    if not os.path.isdir(directory):
        print('skip: no corpus at %s' % directory)
        sys.exit(77)
    agree, parts, made_up, total, met, bad = 0, 0, 0, 0, set(), []
    near = lambda a, b: a is not None and b is not None and abs(a - b) < AGREE_NUSD
    for at, x, tokens in figures(program, directory):
        r, told, ours = x['record'], x['told_nusd'], x.get('ours_nusd')
        key = r.get('gen_ai.response.id')
        kind, asked, listed = EXPLAINED.get(key, (None, '', ''))
        same, part = near(told, ours), key in BEYOND and told > (tokens or 0) and near(tokens, ours)
        word = 'same' if same else 'part' if part else kind or 'OTHER'
        total += 1
        agree += same or part
        parts += part and not same
        made_up += kind == MADE_UP and not same
        if '-v' in sys.argv or not same:
            print('%-7s %s  %-11s %-38s told %s  of tokens %s  ours %s' % (
                word, time.strftime('%Y-%m-%d', time.gmtime(at)), r.get('gen_ai.provider.name', '-'),
                r.get('gen_ai.response.model') or r.get('gen_ai.request.model', '-'), usd(told), usd(tokens), usd(ours)))
        if not same and part:
            print('%9s beyond: %s' % ('', BEYOND[key]))
        elif not same and kind:
            print('%9s then: %s\n%9s ours: %s' % ('', asked, '', listed))
        if word == 'OTHER':
            bad.append(key)
        elif not same:
            met.add(key)
    for key in {*EXPLAINED, *BEYOND} - met:
        print('no longer different:', key)
    recorded = total - made_up
    print('checked: %d figures, %d made up by hand; of %d recorded %d agree (%.1f %%), %d of them in what the answer says of its own tokens;' % (
          total, made_up, recorded, agree, 100 * agree / recorded, parts), '%d explained, %d not' % (len(met) - parts, len(bad)))
    sys.exit(bool(bad) or met != {*EXPLAINED, *BEYOND} or agree < WANTED * recorded)

if __name__ == '__main__':
    main()
