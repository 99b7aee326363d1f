# SPDX-License-Identifier: Apache-2.0
"""A real OpenTelemetry Collector, built from its released modules (tests/e2e/go/collector): the OTLP
receiver, the debug exporter and the file exporter.

  c = collector.Collector()                  # OTLP/HTTP at c.url, what arrives in files
  c.wait(traces=10, logs=3)                  # until so many spans and log records are there
  c.spans(), c.metrics(), c.logs()           # as dicts of OTLP/JSON, with resource and scope
  collector.Collector(tls=(cert, key))       # https
  collector.Collector(config='...')          # its own words; {dir} and {port} are put in

The OTLP/JSON of the file exporter has ids in hex and 64-bit numbers as strings."""
import json
import os
import signal
import subprocess
import time

import lib

PATH = os.path.join(lib.BUILD, 'go-clients/collector')
CONFIG = '''
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
{tls}
exporters:
  debug:
    verbosity: detailed
  file/traces: {{path: "{dir}/traces.jsonl", append: true, flush_interval: 50ms}}
  file/metrics: {{path: "{dir}/metrics.jsonl", append: true, flush_interval: 50ms}}
  file/logs: {{path: "{dir}/logs.jsonl", append: true, flush_interval: 50ms}}
service:
  pipelines:
    traces: {{receivers: [otlp], exporters: [debug, file/traces]}}
    metrics: {{receivers: [otlp], exporters: [debug, file/metrics]}}
    logs: {{receivers: [otlp], exporters: [debug, file/logs]}}
'''
TLS = '''        tls:
          cert_file: "{cert}"
          key_file: "{key}"
'''


def need():
    """Builds it where it is missing; skips where that cannot be done."""
    if not os.access(PATH, os.X_OK):
        subprocess.run([os.path.join(lib.ROOT, 'tests/e2e/go/build'), 'collector'])
    if not os.access(PATH, os.X_OK):
        lib.skip('no build/go-clients/collector (tests/e2e/go/build collector)')


class Collector:
    """One that runs; .url is its base URL, .dir has its files, .log() its own words."""

    def __init__(self, config=CONFIG, port=None, tls=None, command=()):
        need()
        self.dir = lib.temporary_directory()
        self.port = port or lib.free_port()
        self.url = '%s://127.0.0.1:%d' % ('https' if tls else 'http', self.port)
        self.config = os.path.join(self.dir, 'config.yaml')
        with open(self.config, 'w') as f:
            f.write(config.format(dir=self.dir, port=self.port,
                                  tls=TLS.format(cert=tls[0], key=tls[1]) if tls else ''))
        self.command = [*command, PATH, '--config', 'file:' + self.config]
        self.start()

    def start(self):
        with open(os.path.join(self.dir, 'log'), 'a') as log:
            self.process = lib.spawn(self.command, stdout=log, stderr=log)
        lib.wait_port(self.port, 30)

    def stop(self, number=signal.SIGTERM):
        """SIGTERM: it delivers what it has first."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)

    def log(self):
        with open(os.path.join(self.dir, 'log'), errors='replace') as f:
            return f.read()

    def _documents(self, signal_name):
        try:
            with open(os.path.join(self.dir, signal_name + '.jsonl')) as f:
                lines = f.read().split('\n')
        except FileNotFoundError:
            return
        for line in lines[:-1]:
            yield json.loads(line)

    def _each(self, signal_name, resources, scopes, items):
        out = []
        for document in self._documents(signal_name):
            for resource in document.get(resources, []):
                for scope in resource.get(scopes, []):
                    for item in scope.get(items, []):
                        out.append({**item, 'resource': resource.get('resource', {}),
                                    'scope': scope.get('scope', {})})
        return out

    def spans(self):
        return self._each('traces', 'resourceSpans', 'scopeSpans', 'spans')

    def metrics(self):
        return self._each('metrics', 'resourceMetrics', 'scopeMetrics', 'metrics')

    def logs(self):
        return self._each('logs', 'resourceLogs', 'scopeLogs', 'logRecords')

    def wait(self, traces=0, metrics=0, logs=0, seconds=20):
        """True once at least so many are there."""
        end = time.monotonic() + seconds
        while True:
            if (len(self.spans()) >= traces and len(self.metrics()) >= metrics and
                    len(self.logs()) >= logs):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.1)


def attributes(item):
    """The attributes of a span, a record or a resource as a dict; 64-bit numbers as int."""
    def plain(value):
        kind, v = next(iter(value.items()), (None, None))
        if kind == 'intValue':
            return int(v)
        if kind == 'arrayValue':
            return [plain(x) for x in v.get('values', [])]
        if kind == 'kvlistValue':
            return {x['key']: plain(x['value']) for x in v.get('values', [])}
        return v
    return {a['key']: plain(a['value']) for a in item.get('attributes', [])}
