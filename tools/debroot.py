#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian packages of any release and architecture, beside what this machine has installed.

  tools/debroot.py [-a ARCH] [-d DIR] SUITE PACKAGE...

makes DIR a root of the packages and all that they depend on: extracted, never configured; enough to
link against and to chroot into. It is made once, and anew when the packages asked for change.
What is fetched stays in build/debian. The mirror is DEBIAN_MIRROR, else where this machine's own
apt gets Debian from. Needs apt and dpkg-deb, no root."""
import argparse
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.path.join(ROOT, 'build/debian')
MERGED = ('bin', 'sbin', 'lib', 'lib64')


class Unavailable(Exception):
    """No mirror, no network, or no such package; says which."""


def mirror():
    if os.environ.get('DEBIAN_MIRROR'):
        return os.environ['DEBIAN_MIRROR']
    if not shutil.which('apt-get'):
        raise Unavailable('no apt-get')
    out = subprocess.run(['apt-get', 'indextargets', '--format', '$(REPO_URI)',
                          'Created-By: Packages'], capture_output=True, text=True).stdout
    for uri in out.split():
        if uri.rstrip('/').endswith('/debian'):
            return uri.rstrip('/')
    raise Unavailable('no Debian mirror known to apt; name one in DEBIAN_MIRROR')


class Suite:
    """One release for one architecture, with lists and archives of its own."""

    def __init__(self, name, arch='amd64'):
        self.name, self.arch = name, arch
        self.dir = os.path.join(CACHE, '%s-%s' % (name, arch))
        for sub in ('state/lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        self.lock = open(self.dir + '/lock', 'w')
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        open(self.dir + '/status', 'w').close()
        with open(self.dir + '/sources.list', 'w') as f:
            f.write('deb %s %s main\n' % (mirror(), name))
        self.options = [w for k, v in (
            ('Dir::Etc::sourcelist', self.dir + '/sources.list'),
            ('Dir::Etc::sourceparts', '/dev/null'), ('Dir::State', self.dir + '/state'),
            ('Dir::State::status', self.dir + '/status'), ('Dir::Cache', self.dir + '/cache'),
            ('Acquire::Languages', 'none'), ('Acquire::Check-Valid-Until', 'false'),
            ('APT::Architecture', arch), ('APT::Architectures', arch),
            ('APT::Sandbox::User', '')) for w in ('-o', '%s=%s' % (k, v))]
        self._run('apt-get', '-qq', 'update')

    def _run(self, tool, *args, cwd=None):
        done = subprocess.run([tool, *self.options, *args], capture_output=True, text=True, cwd=cwd)
        if done.returncode:
            raise Unavailable('%s for %s: %s' % (args[-1], self.name, done.stderr.strip()[-300:]))
        return done.stdout

    def newest(self, *patterns):
        """The name, by its numbers the greatest, that the first pattern with any matches."""
        for pattern in patterns:
            found = self._run('apt-cache', 'search', '--names-only', pattern)
            names = [line.split()[0] for line in found.splitlines()]
            if names:
                return max(names, key=lambda n: [int(x) for x in re.findall(r'\d+', n)])
        raise Unavailable('no %s in %s' % (patterns[0], self.name))

    def fetch(self, *names, depends=True):
        """Paths of the packages, and of all that they depend on."""
        at = os.path.join(self.dir, 'cache/archives')
        if depends:
            args = ('install', '--no-install-recommends', *names)
            self._run('apt-get', '-qq', '-y', '--download-only', *args)
            planned = re.findall(r'^Inst (\S+) \((\S+)', self._run('apt-get', '-s', *args), re.M)
        else:
            planned = []
            for name in names:
                version = re.search(r'^Version: (\S+)', self._run(
                    'apt-cache', 'show', '--no-all-versions', name), re.M).group(1)
                planned.append((name, version))
                if not self._archive(at, name, version):
                    self._run('apt-get', '-qq', 'download', name, cwd=at)
        return [deb for name, version in planned for deb in self._archive(at, name, version)]

    @staticmethod
    def _archive(at, name, version):
        return glob.glob('%s/%s_%s_*.deb' % (at, name, version.replace(':', '%3a')))


def extract(debs, root):
    """Unpacks packages into one root, /usr merged."""
    for name in MERGED:
        os.makedirs(os.path.join(root, 'usr', name), exist_ok=True)
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink('usr/' + name, os.path.join(root, name))
    for deb in debs:
        unpack = 'dpkg-deb --fsys-tarfile "$0" | tar x -C "$1" --keep-directory-symlink --no-same-owner'
        subprocess.run(['/bin/sh', '-c', unpack, deb, root], check=True)


def root(suite, packages, directory, arch='amd64'):
    """Makes directory such a root, if it is none yet."""
    stamp = os.path.join(directory, '.packages')
    want = ' '.join([suite, arch, *packages])
    if os.path.exists(stamp) and open(stamp).read() == want:
        return directory
    debs = Suite(suite, arch).fetch(*packages)
    shutil.rmtree(directory, ignore_errors=True)
    extract(debs, directory)
    with open(stamp, 'w') as f:
        f.write(want)
    return directory


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('-a', '--arch', default='amd64')
    p.add_argument('-d', '--dir', required=True)
    p.add_argument('suite')
    p.add_argument('packages', nargs='+')
    args = p.parse_args()
    try:
        root(args.suite, args.packages, args.dir, args.arch)
    except Unavailable as e:
        sys.exit('debroot: %s' % e)


if __name__ == '__main__':
    main()
