# SPDX-License-Identifier: Apache-2.0
"""Markers that clients and providers of the tests put where secrets and words are, and whether
outputs have them. A credential may be in none. What was asked and answered may be in none while
content is off, but for capture files, which hold it by design."""
import base64
import json
import mmap
import os
import urllib.request

# Part of every key, token and cookie of the suite's clients and providers.
KEY = 'not-a-key'
credentials = {KEY}
# Prompts, answers, arguments of tools and what the provider says of errors: common.py, answers.py.
content = {'in one sentence', 'quixolith', 'Łódź', 'asked to fail like this'}

# Of what receivers in the tests were sent: (where, kind, excerpt).
received = []

# RFC 7541, appendix B: the characters that markers of credentials may have.
HUFFMAN = {c: (code, bits) for chars, first, bits in (
    ('012aceiost', 0x0, 5), (' %-./3456789=A_bdfghlmnpru', 0x14, 6),
    (':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz', 0x5c, 7)) for code, c in enumerate(chars, first)}


def huffman(text):
    """What every HPACK coding of a text with this in it has: whole bytes, at each of 8 offsets."""
    out = set()
    bits = ''.join(format(HUFFMAN[c][0], '0%db' % HUFFMAN[c][1]) for c in text)
    for shift in range(8):
        whole = bits[shift:shift + (len(bits) - shift) // 8 * 8]
        out.add(int(whole, 2).to_bytes(len(whole) // 8, 'big'))
    return out


def base64_forms(data):
    """What the coding of anything with this in it has, at each of 3 offsets."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + data)
        whole = coded[(before * 8 + 5) // 6:(before + len(data)) * 8 // 6]
        yield whole
        yield whole.replace(b'+', b'-').replace(b'/', b'_')


def forms(text, secret):
    """The bytes that give it away."""
    data = text.encode()
    out = {data, json.dumps(text)[1:-1].encode(), data[::-1]}
    if secret:
        out.update(base64_forms(data))
        out.update([data.hex().encode()])
        if all(c in HUFFMAN for c in text):
            out.update(huffman(text))
    return out


def found(data, texts, secret):
    """Excerpts of data (bytes, or a mapping of a file) that have one of these."""
    out = []
    for form in {f for t in texts for f in forms(t, secret)}:
        at = data.find(form)
        if at >= 0:
            out.append(bytes(data[max(0, at - 60):at + len(form) + 40]))
    return out


def leaks(data, words=True):
    """[(kind, excerpt)]; words: content, too, must not be there."""
    out = [('credential', e) for e in found(data, credentials, True)]
    return out + ([('content', e) for e in found(data, content, False)] if words else [])


def receive(where, body):
    """Receivers tell what they were sent. Whether words may be there their tests know."""
    received.extend((where, *leak) for leak in leaks(body, False))


def leaks_of_file(path, words=True):
    try:
        with open(path, 'rb') as f:
            if not os.fstat(f.fileno()).st_size:
                return []
            with mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
                return leaks(m, words)
    except (OSError, ValueError):
        return []  # taken away, or no file


def value_of(args, *names):
    """The last value that options of a command line have, None without them."""
    value = None
    for i, a in enumerate(args):
        for name in names:
            if a == name and i + 1 < len(args):
                value = args[i + 1]
            elif name.startswith('--') and a.startswith(name + '='):
                value = a[len(name) + 1:]
    return value


class Outputs:
    """All that one llmsnoop writes, by its command line: files (rotated ones too), stderr, its page
    of metrics. More can be added: bodies that it sent, as they were before compression."""

    def __init__(self, args, *files):
        self.args = list(map(str, args))
        self.words = value_of(self.args, '--content') in (None, 'off', 'meta')
        self.capture = value_of(self.args, '-w', '--write')
        self.files = {f for f in (value_of(self.args, '-o', '--output'), *files) if f}
        self.bodies = []

    def scrape(self):
        """The page of metrics, while there is one."""
        where = value_of(self.args, '--metrics')
        if not where:
            return
        url = 'http://%s/metrics' % (where if ':' in where else '127.0.0.1:' + where)
        for accept in ('text/plain', 'application/openmetrics-text'):
            try:
                request = urllib.request.Request(url, headers={'Accept': accept})
                with urllib.request.urlopen(request, timeout=5) as answer:
                    self.bodies.append(('/metrics', answer.read()))
            except (OSError, ValueError):
                pass

    def leaks(self, stderr=b''):
        """[(where, kind, excerpt)]"""
        out = [('stderr', *leak) for leak in leaks(stderr, self.words)]
        for name, body in self.bodies:
            out += [(name, *leak) for leak in leaks(body, self.words)]
        for path in self.files:
            folder, name = os.path.split(os.path.abspath(path))
            for other in os.listdir(folder) if os.path.isdir(folder) else ():
                if other.startswith(name) and os.path.isfile(os.path.join(folder, other)):
                    out += [(other, *leak) for leak in leaks_of_file(
                        os.path.join(folder, other), self.words)]
        if self.capture and '--raw' not in self.args:
            out += [('capture file', *leak) for leak in leaks_of_file(self.capture, False)]
        return out
