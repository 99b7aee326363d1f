# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""Large bodies come through whole, and the sizes of writes and reads make no difference. The
bodies are put together again from a capture file."""
import os
import subprocess

import lib
from lib import check

MIB = 1 << 20
lib.need_tracing()
tlscall, capbodies = lib.helper('tlscall'), lib.helper('capbodies')


def one(name, demo, *args, bodies=True, calls=1):
    """Records of the calls, checked against the truth and, through the capture file, byte for
    byte."""
    provider = lib.Provider()
    held = lib.Held([tlscall, '--port', str(provider.port), '--ca', provider.ca, '--demo', demo,
                     '--calls', str(calls), *map(str, args)], env=lib.private_libssl())
    cap = os.path.join(lib.temporary_directory(), 'x.cap')
    tracer = lib.Tracer('-p', held.pid, '-w', cap)
    held.go()
    held.finish()
    check.equal(held.status, 0, name, 'the client')
    tracer.settle(calls, 15)
    check.equal(tracer.stop(), 0, name, 'exit status')
    truths = provider.truth(calls)
    lib.verify(tracer.records(), truths)
    check(any(' 0 lost' in line for line in tracer.lines), name, 'totals:', tracer.lines[-2:])
    if bodies:
        out = subprocess.run([capbodies, cap], capture_output=True, text=True, timeout=60)
        check.equal(out.returncode, 0, name, 'capbodies', out.stderr[-300:])
        seen = [b for b in lib.json_lines(out.stdout) if b.get('method') == 'POST']
        check.equal(len(seen), calls, name, 'exchanges in the capture file')
        for b, t in zip(seen, truths):
            for side in ('request', 'response'):
                check.equal(b.get(side + '_bytes'), t[side + '_bytes'], name, side, 'length')
                check.equal(b.get(side + '_sha256'), t[side + '_sha256'], name, side, 'sha256')
    provider.stop()
    print(name, 'request', truths[0]['request_bytes'], 'answer', truths[0]['response_bytes'])
    return tracer.records()


for ex in ((), ('--ex',)):
    one('8 MiB in one write', 'burst=1&tokens=3', '--prompt', 8 * MIB, *ex)
    for size in (16 << 10, 100_000, MIB):
        one('16 MiB by %d' % size, 'burst=1&tokens=3', '--prompt', 16 * MIB, '--write', size, *ex)
    one('16 MiB answer', 'burst=1&tokens=1&size=%d' % (16 * MIB), '--read', 16384, *ex)
    one('16 MiB answer, large reads', 'burst=1&tokens=1&size=%d' % (16 * MIB), '--read', MIB, *ex)
    one('16 MiB stream', 'burst=1&tokens=256&size=65536', '--stream', *ex)

facts = []
for write, read in ((0, 16384), (1, 1), (1, 7), (7, 1), (3, 16384)):
    for ex in ((), ('--ex',)):
        r = one('write %d, read %d' % (write, read), 'burst=1&tokens=20&tools=1', '--stream',
                '--write', write, '--read', read, *ex)
        facts.append({k: v for k, v in (r[0] if r else {}).items() if k.startswith(('gen_ai', 'http'))
                      and not k.endswith(('time_to_first_chunk', 'response.id'))})
for f in facts[1:]:
    check.equal(f, facts[0], 'the record differs by the sizes of writes and reads:')
check.finish()
