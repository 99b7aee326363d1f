# SPDX-License-Identifier: Apache-2.0
"""How each real client is run against the mock (vendor.py): a table. Those that print lines as
tools/demo/clients/common.py says tell when they had the answer in hand; the others are stamped from
outside."""
import glob
import json
import os
import re
import shutil
import subprocess

import lib
from prompted import claude, codex, gemini, opencode

DIRECTORY = os.environ.get('CLIENTS_DIR') or os.path.join(lib.BUILD, 'clients')
DOCS = os.path.join(lib.ROOT, 'docs/clients.md')
COLUMNS = ('client', 'version', 'TLS stack', 'linkage', 'located by', 'HTTP', 'calls seen',
           'tokens right', 'TTFT right')


class Client:
    """name      as in docs/clients.md
    version      text, '' where the file's own is not known
    file         where its TLS stack is, for the locators
    linkage      how the stack is linked
    command      argv; environment and files as prepare() made them
    http         the version it speaks with this mock
    lines        prints a line for each call
    streams      which of streamed (True) and whole (False) calls it makes
    api          of the two that lines-clients know; None: its own
    unseen       the stack, of a client that no probe can see
    first        what the line of its output has that shows the first token
    own_clock    its clock begins with itself"""

    def __init__(self, name, command, file, linkage, http='1.1', version='', lines=True,
                 streams=(True, False), apis=('openai', 'anthropic'), env=None, prepare=None,
                 unseen='', first=b'', own_clock=False):
        self.name, self.command, self.file, self.linkage = name, command, file, linkage
        self.http, self.version, self.lines, self.streams = http, version, lines, streams
        self.apis, self.env, self.unseen, self.first = apis, env or {}, unseen, first
        self.own_clock = own_clock
        self.prepare = prepare or (lambda vendor, home: {})


class Missing(Exception):
    """Why a client is not here."""


def fetched(name, path=''):
    place = os.path.join(DIRECTORY, name, path)
    if not os.path.exists(place):
        raise Missing('not fetched (tests/e2e/clients)')
    return place


def fetched_version(name):
    with open(os.path.join(DIRECTORY, name, '.version')) as f:
        wanted, got = f.read().split()
    with open(os.path.join(DIRECTORY, name, 'package.json')) as f:
        return json.load(f)['version'].replace('-linux-x64', '') if got else wanted


def installed(name):
    path = shutil.which(name)
    if not path:
        raise Missing('not installed')
    return path


def demo(name):
    return os.path.join(lib.CLIENTS, name)


def words(*command):
    """The first line that a command prints."""
    r = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return (r.stdout or r.stderr).strip().splitlines()[0] if (r.stdout or r.stderr).strip() else ''


def number(text):
    found = re.search(r'\d+(\.\d+)+\w*', text)
    return found.group(0) if found else ''


def library(program, name):
    """The shared library that a program is linked with."""
    r = subprocess.run(['ldd', program], capture_output=True, text=True)
    for line in r.stdout.splitlines():
        if name in line and '=>' in line:
            return line.split('=>')[1].split()[0]
    raise Missing('%s has no %s' % (program, name))


def trust_store(vendor, home):
    """What Java trusts."""
    path = os.path.join(home, 'trust.p12')
    subprocess.run(['keytool', '-importcert', '-noprompt', '-alias', 'mock', '-file', vendor.ca,
                    '-keystore', path, '-storetype', 'PKCS12', '-storepass', 'changeit'],
                   check=True, capture_output=True)
    return {'TRUSTSTORE': path}


# ---- the table: name -> a function that gives the client or says why it is not here

def node(directory):
    def make():
        program = fetched(directory, 'bin/node') if directory else installed('node')
        return dict(command=[program, demo('node_fetch.mjs')], file=os.path.realpath(program),
                    linkage='static', version=number(words(program, '--version')))
    return make


def bun(directory):
    def make():
        program = fetched(directory, 'bin/bun')
        old = directory in ('bun-1.0', 'bun-1.1')
        # Before 1.2, bun did not know NODE_EXTRA_CA_CERTS.
        return dict(command=[program, 'run', demo('node_fetch.mjs')], file=program,
                    linkage='static', version=fetched_version(directory), own_clock=True,
                    env={'NODE_TLS_REJECT_UNAUTHORIZED': '0'} if old else {})
    return make


def deno():
    program = fetched('deno', 'deno')
    return dict(command=[program, 'run', '-A', '--no-lock', demo('node_fetch.mjs')], file=program,
                linkage='static', http='2', version=fetched_version('deno'), own_clock=True,
                prepare=lambda vendor, home: {'DENO_CERT': vendor.ca, 'DENO_DIR': home,
                                              'DENO_NO_UPDATE_CHECK': '1'})


def pythons():
    """(label, program) of every Python from 3.9 that is here."""
    out = {}
    for path in ['/usr/bin/python3', *sorted(glob.glob('/usr/bin/python3.[0-9]*')),
                 *sorted(glob.glob(os.path.expanduser('~/.pyenv/versions/3.*/bin/python3')))]:
        r = re.fullmatch(r'(?:/usr/bin/python3[.\d]*|.*/versions/([\d.]+)/bin/python3)', path)
        if not r or os.path.realpath(path) in map(os.path.realpath, out.values()):
            continue
        if r.group(1):
            if int(r.group(1).split('.')[1]) >= 9:
                out['python %s (pyenv)' % '.'.join(r.group(1).split('.')[:2])] = path
        else:
            out['python (distribution)'] = path
    return out


def python(program, script='py_stdlib.py', carrier='_ssl', **more):
    def make():
        code = 'import ssl, %s as c; print(c.__file__)' % carrier
        r = subprocess.run([program, '-c', code], capture_output=True, text=True)
        if r.returncode:
            raise Missing('no ssl module')
        file = r.stdout.strip()
        linkage = 'static in _ssl.so'
        try:
            file, linkage = library(file, 'libssl'), 'shared'
        except Missing:
            pass
        return dict(command=[program, demo(script)], file=os.path.realpath(file), linkage=linkage,
                    version=number(words(program, '--version')), **more)
    return make


def venv(script, module, **more):
    def make():
        if not lib.has_module(module):
            raise Missing('no Python package %s (tests/e2e/packages)' % module)
        got = python(lib.VENV_PYTHON, script, **more)()
        code = 'import importlib.metadata as m; print(m.version("%s"))' % module
        return {**got, 'version': number(words(lib.VENV_PYTHON, '-c', code))}
    return make


def portable(directory):
    def make():
        root = fetched(directory, 'org/bytedeco/cpython/linux-x86_64')
        [program] = [p for p in glob.glob(root + '/bin/*') if re.search(r'/python3\.\d+$', p)]
        os.chmod(program, 0o755)
        got = {'LD_LIBRARY_PATH': root, 'PYTHONHOME': root}
        [file] = glob.glob(root + '/lib/python3*/lib-dynload/_ssl.*.so')
        r = subprocess.run([program, '--version'], env={**os.environ, **got}, text=True,
                           capture_output=True)
        return dict(command=[program, demo('py_stdlib.py')], file=file, env=got,
                    linkage='static in _ssl.so', version=number(r.stdout))
    return make


def linked(program, name, command, **more):
    """A client that is linked with a shared library."""
    def make():
        path = installed(program)
        return dict(command=command, file=os.path.realpath(library(path, name)), linkage='shared',
                    version=number(words(path, '--version')), **more)
    return make


def curl_gnutls():
    installed('git')
    curl = library(words('git', '--exec-path') + '/git-remote-https', 'libcurl-gnutls')
    code = 'import ctypes; c = ctypes.CDLL("%s").curl_version; c.restype = ctypes.c_char_p; ' \
        'print(c().decode())' % curl
    return dict(command=[lib.SYSTEM_PYTHON, demo('curl_gnutls.py')], linkage='shared', http='2',
                file=os.path.realpath(library(curl, 'libgnutls')), env={'HTTP': '2'},
                version=number(words(lib.SYSTEM_PYTHON, '-c', code)))


def ruby():
    path = installed('ruby')
    extension = words(path, '-rrbconfig', '-e', 'puts RbConfig::CONFIG["archdir"]') + '/openssl.so'
    file = os.path.realpath(library(extension, 'libssl'))
    return dict(command=[path, demo('ruby.rb')], file=file, linkage='shared',
                version=number(words(path, '--version')))


def perl():
    path = installed('perl')
    found = words(path, '-MNet::SSLeay', '-MIO::Socket::SSL', '-e',
                  'print $INC{"Net/SSLeay.pm"} =~ s/SSLeay.pm$//r')
    [extension] = glob.glob(found + '../auto/Net/SSLeay/SSLeay.so') or [None]
    if not extension:
        raise Missing('no Net::SSLeay')
    file = os.path.realpath(library(extension, 'libssl'))
    return dict(command=[path, demo('perl.pl')], file=file, linkage='shared',
                version=number(words(path, '-e', 'print $^V')))


def java():
    path = installed('java')
    installed('keytool')
    if not shutil.which('javac'):
        raise Missing('no JDK: a single source file cannot be launched')
    return dict(command=[path, demo('Java.java')], file=os.path.realpath(path), linkage='bytecode',
                http='2', version=number(words(path, '--version')), prepare=trust_store,
                unseen='JSSE')


def erlang():
    path = installed('escript')
    code = 'io:format("~s ~s", [erlang:system_info(otp_release), ' \
        'filename:join(os:getenv("BINDIR"), "beam.smp")]), halt().'
    version, file = words(installed('erl'), '-noshell', '-eval', code).split(' ')
    return dict(command=[path, demo('erlang.escript')], file=file, linkage='bytecode',
                version=version, own_clock=True, unseen='OTP')


def dotnet_program():
    path = os.path.join(lib.BUILD, 'dotnet/Dotnet.exe')
    if not os.path.exists(path):
        raise Missing('not built (tests/e2e/packages)')
    return path


# Without libraries for cultures; nothing is left in /tmp for debuggers.
DOTNET = {'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT': '1', 'COMPlus_EnableDiagnostics': '0'}


def dotnet_core():
    """Before .NET 5, OpenSSL 3 was not known."""
    runtime = fetched('dotnet-3.1', 'dotnetcore2/bin/dotnet')
    libraries = fetched('libssl-1.1', 'usr/lib/x86_64-linux-gnu')
    os.chmod(runtime, 0o755)
    version = number(words(runtime, '--list-runtimes'))

    def prepare(vendor, home):
        shutil.copy(dotnet_program(), home + '/Dotnet.dll')
        with open(home + '/Dotnet.runtimeconfig.json', 'w') as f:
            json.dump({'runtimeOptions': {'framework': {'name': 'Microsoft.NETCore.App',
                                                        'version': version}}}, f)
        return {**DOTNET, 'LD_LIBRARY_PATH': libraries}

    dotnet_program()
    return dict(command=[runtime, 'Dotnet.dll'], file=libraries + '/libssl.so.1.1',
                linkage='shared', version=version, prepare=prepare)


def dotnet(**more):
    """A program that brings its .NET with it, which runs ours first."""
    def make():
        program = fetched('dotnet-9', 'azmcp')
        with open(program + '.runtimeconfig.json') as f:
            frameworks = json.load(f)['runtimeOptions']['includedFrameworks']
        return dict(command=[program], linkage='shared', version=frameworks[0]['version'],
                    file=os.path.realpath(library(installed('openssl'), 'libssl')),
                    env={**DOTNET, 'DOTNET_STARTUP_HOOKS': dotnet_program(), **more}, http=more.get('HTTP', '1.1'))
    return make


def mono():
    path = installed('mono')
    found = glob.glob('/usr/lib/libmono-btls-shared.so') + \
        glob.glob('/usr/lib/*/libmono-btls-shared.so')
    if not found:
        raise Missing('no libmono-btls-shared.so')

    def prepare(vendor, home):
        """What BoringSSL trusts there: files by the hashes of their names."""
        trust = home + '/.config/.mono/new-certs/Trust'
        os.makedirs(trust)
        name = words('openssl', 'x509', '-noout', '-hash', '-in', vendor.ca)
        shutil.copy(vendor.ca, '%s/%s.0' % (trust, name))
        return {'XDG_CONFIG_HOME': home + '/.config'}

    return dict(command=[path, dotnet_program()], file=os.path.realpath(found[0]), linkage='shared',
                version=number(words(path, '--version')), prepare=prepare)


PACED = ('-demo', '%DEMO%')


def go(name, *args, **more):
    def make():
        program = os.path.join(lib.BUILD, 'go-clients', name)
        if not os.path.exists(program):
            raise Missing('not built (tests/e2e/go/build)')
        version = words('go', 'version', program) if shutil.which('go') else ''
        return dict(command=[program, '-n', '%CALLS%', *args], file=program, linkage='static',
                    version=number(version.rpartition(':')[2]), streams=(True,), apis=(None,),
                    **more)
    return make


def rust(stack, linkage):
    def make():
        program = os.path.join(lib.BUILD, 'rust/rustcall-' + stack)
        if not os.path.exists(program):
            raise Missing('not built (tests/e2e/rust/build)')
        file = library(program, 'libssl') if linkage == 'shared' else program
        return dict(command=[program], file=os.path.realpath(file), linkage=linkage, http='2')
    return make


def agent(how, directory, path, *more, **rest):
    def make():
        program = fetched(directory, path)
        return {**how([*more_of(more), program], **rest), 'version': fetched_version(directory),
                'file': program, 'linkage': 'static'}
    return make


def more_of(more):
    return [m() if callable(m) else m for m in more]


def on_node(how, directory, path):
    def make():
        program = fetched(directory, path)
        interpreter = os.path.join(DIRECTORY, 'node-22', 'bin/node')
        interpreter = interpreter if os.path.exists(interpreter) else installed('node')
        return {**how([interpreter, program]), 'version': fetched_version(directory),
                'file': os.path.realpath(interpreter), 'linkage': 'static'}
    return make


def table():
    rows = {
        'Claude Code': agent(claude, 'claude-code', 'claude'),
        'Claude Code of November 2025': on_node(claude, 'claude-code-2025', 'cli.js'),
        'opencode': agent(opencode, 'opencode', 'bin/opencode'),
        'Codex, WebSocket': agent(lambda c: codex(c, True), 'codex',
                                  'vendor/x86_64-unknown-linux-musl/bin/codex'),
        'Codex, HTTP/2': agent(lambda c: {**codex(c, False), 'http': '2'}, 'codex',
                               'vendor/x86_64-unknown-linux-musl/bin/codex'),
        'gemini-cli': on_node(gemini, 'gemini-cli', 'bundle/gemini.js'),
        'bun 1.0': bun('bun-1.0'), 'bun 1.1': bun('bun-1.1'), 'bun 1.2': bun('bun-1.2'),
        'bun 1.4': bun('bun'), 'deno': deno,
        'node 20': node('node-20'), 'node 22': node('node-22'), 'node 24': node('node-24'),
        'node (distribution)': node(None),
    }
    rows.update((label, python(program)) for label, program in pythons().items())
    rows.update({
        'python 3.9, static OpenSSL 1.1.1': portable('python-3.9'),
        'python 3.11, static OpenSSL 3': portable('python-3.11'),
        'PyPy': lambda: python(installed('pypy3'), carrier='_pypy_openssl')(),
        'requests': venv('py_requests.py', 'requests'),
        'httpx, HTTP/2': venv('py_httpx.py', 'httpx', http='2', env={'HTTP': '2'}),
        'aiohttp': venv('py_aiohttp.py', 'aiohttp'),
        'openai SDK': venv('py_openai.py', 'openai', apis=('openai',)),
        'anthropic SDK': venv('py_anthropic.py', 'anthropic', apis=('anthropic',)),
        'curl, OpenSSL': linked('curl', 'libssl', [lib.SYSTEM_PYTHON, demo('curl.py')], http='2',
                                env={'HTTP': '2'}),
        'curl, GnuTLS': curl_gnutls,
        'wget': linked('wget', 'libgnutls', [lib.SYSTEM_PYTHON, demo('wget.py')]),
        'ruby': ruby, 'perl': perl,
        'php': linked('php', 'libssl', [shutil.which('php') or 'php', demo('php.php')]),
        'Go 1.17': go('calls-1.17.13', *PACED),
        'Go 1.27': go('calls-1.27.2', '-h2', *PACED, http='2'),
        'Go 1.27, position-independent': go('calls-1.27.2-pie', *PACED),
        'openai-go and anthropic-sdk-go': go('sdk', http='2'),
        'Rust reqwest, rustls with ring': rust('ring', 'static'),
        'Rust reqwest, rustls with aws-lc': rust('aws-lc-rs', 'static'),
        'Rust reqwest, native-tls': rust('native', 'shared'),
        '.NET Core 3.1': dotnet_core, '.NET 9': dotnet(), '.NET 9, HTTP/2': dotnet(HTTP='2'),
        'Mono': mono,
        'Java HttpClient': java, 'Erlang httpc': erlang,
    })
    return rows


def find(want=None):
    """(clients that are here, {name: why it is not}); want: parts of names, None for all."""
    here, missing = [], {}
    for name, make in table().items():
        if want and not any(w.lower() in name.lower() for w in want):
            continue
        try:
            here.append(Client(name, **make()))
        except (Missing, OSError, ValueError, subprocess.SubprocessError) as e:
            missing[name] = str(e)
    return here, missing


def documented():
    """{client: {column: text}} of docs/clients.md."""
    out = {}
    try:
        with open(DOCS) as f:
            for line in f:
                cells = [c.strip() for c in line.strip().strip('|').split('|')]
                if line.startswith('|') and len(cells) == len(COLUMNS):
                    out[cells[0]] = dict(zip(COLUMNS, cells))
    except FileNotFoundError:
        pass
    out.pop('client', None)
    return {k: v for k, v in out.items() if k.strip('-')}


# Maps the files that it is told, as programs are mapped, and waits.
LIBRARIAN = '''
import mmap, sys
held = []
for path in sys.argv[1:]:
    with open(path, 'rb') as f:
        held.append(mmap.mmap(f.fileno(), mmap.PAGESIZE, mmap.MAP_PRIVATE,
                              mmap.PROT_READ | mmap.PROT_EXEC))
print('holds', len(held), flush=True)
sys.stdin.read()
'''


def hold(files):
    """The id of a process that maps these files: whoever traces it, too, knows them before those
    that run them."""
    files = sorted(files)
    p = lib.spawn([lib.SYSTEM_PYTHON, '-c', LIBRARIAN, *files], stdin=subprocess.PIPE,
                  stdout=subprocess.PIPE, text=True)
    lib.check.equal(p.stdout.readline(), 'holds %d\n' % len(files), 'files')
    return p.pid


class Vendor(lib.Provider):
    """vendor.py, with HTTP/2 where this machine has the package for it."""

    def __init__(self, *args, script=None, life=170):
        self.http2 = lib.has_module('h2')
        self.demo, self.pace = '', 'tokens=24'
        directory = lib.temporary_directory()
        self.log = os.path.join(directory, 'log.jsonl')
        more = ['--log', self.log]
        if script:
            path = os.path.join(directory, 'script.json')
            with open(path, 'w') as f:
                json.dump(script, f)
            more += ['--script', path]
        python_ = lib.VENV_PYTHON if self.http2 else lib.SYSTEM_PYTHON
        super().__init__(*args, *more, life=life, directory=directory, command=[
            python_, os.path.join(lib.ROOT, 'tests/e2e/vendor.py')])

    def requests(self):
        """All that clients asked so far."""
        with open(self.log) as f:
            return [json.loads(line) for line in f if line.endswith('\n')]


def environment(client, vendor, tag, home, stream, api, calls):
    """What a client is run with. Its x-demo header, by whatever means, carries the tag."""
    vendor.demo = 'tag=%s&%s' % (tag, vendor.pace)
    return {**vendor.env, 'HOME': home, 'DEMO': vendor.demo, 'STREAM': '1' if stream else '0',
            'API': api or '', 'CALLS': str(calls), 'GIT_SSL_CAINFO': vendor.ca,
            'ANTHROPIC_CUSTOM_HEADERS': 'x-demo: ' + vendor.demo, 'NO_PROXY': '*', 'no_proxy': '*',
            'REALTIME_AHEAD': str(lib.realtime_minus_monotonic()) if client.own_clock else '',
            'NO_UPDATE_NOTIFIER': '1', **client.prepare(vendor, home), **client.env}


def command(client, vendor, calls, more=()):
    """Its argv, once environment() has chosen what the mock is asked for."""
    given = {'%CALLS%': str(calls), '%DEMO%': vendor.demo}
    return [given.get(word, word) for word in [*client.command, *more]]


def main():
    """Runs clients untraced and shows what they ask: real.py NAME..."""
    import sys
    import netns
    if not netns.enter():
        lib.skip('no network namespace here')
    vendor = Vendor('--speed', 0.2)
    here, missing = find(sys.argv[1:])
    for name, why in missing.items():
        print('%-40s not here: %s' % (name, why))
    for client in here:
        for stream in client.streams:
            for api in client.apis:
                home = lib.temporary_directory()
                asked = len(vendor.requests())
                env = environment(client, vendor, 'try', home, stream, api, 1)
                try:
                    r = subprocess.run(command(client, vendor, 1), env={**os.environ, **env},
                                       cwd=home, stdin=subprocess.DEVNULL, capture_output=True,
                                       text=True, timeout=60)
                except subprocess.TimeoutExpired as e:
                    print(client.name, 'hangs', (e.stdout or b'')[-500:], (e.stderr or b'')[-500:])
                    continue
                print('%-34s %-8s status %d  %s' % (client.name, client.version, r.returncode, [
                    '%s %s %s' % (q['method'], q['path'], q['version'])
                    for q in vendor.requests()[asked:]]), r.stderr[-400:] if r.returncode else '')


if __name__ == '__main__':
    main()
