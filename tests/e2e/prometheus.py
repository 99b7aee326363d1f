#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real Prometheus: Debian's or Ubuntu's packages, unpacked under build/prometheus and not
installed, so that no service starts. Run as a program, fetches them.

Prometheus(port) scrapes 127.0.0.1:port each second and answers queries."""
import glob
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import lib

ROOT = os.path.join(lib.BUILD, 'prometheus')
PACKAGES = ('prometheus', 'python3-prometheus-client', 'python3-decorator')
SERVER = os.path.join(ROOT, 'usr/bin/prometheus')
PROMTOOL = os.path.join(ROOT, 'usr/bin/promtool')
PYTHON = os.path.join(ROOT, 'usr/lib/python3/dist-packages')

CONFIG = '''
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs: [{{job_name: llmsnoop, honor_labels: true, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]
'''


def fetch():
    """What is missing, in words; None where all is there."""
    if os.path.exists(ROOT + '/.done'):
        return None
    if not shutil.which('apt-get') or not shutil.which('dpkg'):
        return 'no apt-get to fetch Prometheus with'
    debs = os.path.join(ROOT, 'debs')
    os.makedirs(debs, exist_ok=True)
    p = subprocess.run(['apt-get', 'download', '-qq', *PACKAGES], cwd=debs, capture_output=True, text=True)
    for deb in glob.glob(debs + '/*.deb'):
        subprocess.run(['dpkg', '-x', deb, ROOT], check=True)
    if not os.path.exists(SERVER) or not os.path.isdir(PYTHON + '/prometheus_client'):
        return 'the packages of Prometheus cannot be had: ' + p.stderr.strip()[-200:]
    shutil.rmtree(debs)
    open(ROOT + '/.done', 'w').close()
    return None


class Prometheus:
    def __init__(self, target):
        self.port = lib.free_port()
        self.dir = lib.temporary_directory()
        with open(self.dir + '/prometheus.yml', 'w') as f:
            f.write(CONFIG.format(port=target))
        self.log = open(self.dir + '/log', 'w+')
        self.process = lib.spawn(
            [SERVER, '--config.file=%s/prometheus.yml' % self.dir, '--storage.tsdb.path=%s/data' % self.dir,
             '--web.listen-address=127.0.0.1:%d' % self.port, '--enable-feature=exemplar-storage',
             '--web.enable-lifecycle'], cwd=self.dir, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        lib.wait_port(self.port, 20)

    def api(self, path, **args):
        url = 'http://127.0.0.1:%d/api/v1/%s?%s' % (self.port, path, urllib.parse.urlencode(args))
        try:
            with urllib.request.urlopen(url, timeout=10) as r:
                return json.load(r)['data']
        except OSError:
            return None

    def query(self, promql):
        """[(labels, value)], as of now."""
        data = self.api('query', query=promql)
        return [(r['metric'], float(r['value'][1])) for r in data['result']] if data else []

    def until(self, promql, value, seconds=20):
        """Waits until the query's one answer is that; False: it did not become so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            got = self.query(promql)
            if len(got) == 1 and got[0][1] == value:
                return True
            time.sleep(0.25)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


if __name__ == '__main__':
    WHY = fetch()
    if WHY:
        print('prometheus: ' + WHY, file=sys.stderr)
    sys.exit(1 if WHY else 0)
