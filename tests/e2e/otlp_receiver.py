# SPDX-License-Identifier: Apache-2.0
"""An OTLP/HTTP receiver that takes nothing on trust: decodes with the official protobuf definitions
(PyPI opentelemetry-proto), keeps every request, and answers as it is told to. Needs build/venv."""
import gzip
import http.server
import threading

import canaries
from google.protobuf.json_format import MessageToDict  # noqa: F401  (for who shows a message)
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

KINDS = {
    '/v1/traces': (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse),
    '/v1/metrics': (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse),
    '/v1/logs': (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse),
}


def unknown_fields(message):
    """Does any part of a message have a field that the official definitions do not know?"""
    # Reserialising without unknown fields shortens the message where there are any.
    copy = type(message)()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    return copy.ByteSize() != message.ByteSize()


class Receiver:
    """.url; .requests: (path, headers, message) in order; .faults: what no receiver should get."""

    def __init__(self):
        self.requests, self.faults, self.bodies = [], [], []
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                length = self.headers.get('Content-Length')
                body = self.rfile.read(int(length)) if length else b''
                answer = receiver.take(self.path, self.headers, body)
                self.send_response(200)
                self.send_header('Content-Type', 'application/x-protobuf')
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self.url = 'http://127.0.0.1:%d' % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        def fault(*what):
            self.faults.append(' '.join(map(str, (path, *what))))

        with self._lock:
            tail = '/v1/' + path.rsplit('/v1/', 1)[-1]
            if headers.get('Content-Type') != 'application/x-protobuf':
                fault('Content-Type', headers.get('Content-Type'))
            if 'OTel-OTLP-Exporter-' not in headers.get('User-Agent', ''):
                fault('User-Agent', headers.get('User-Agent'))
            if headers.get('Content-Encoding') == 'gzip':
                body = gzip.decompress(body)
            self.bodies.append(body)
            canaries.receive('OTLP', body)
            if tail not in KINDS:
                fault('no such path')
                return b''
            message = KINDS[tail][0]()
            try:
                message.ParseFromString(body)
            except Exception as e:  # whatever the library says: it is no such message
                fault('does not decode:', e)
                return b''
            if unknown_fields(message):
                fault('has fields that nobody knows')
            self.requests.append((path, dict(headers), message))
            return KINDS[tail][1]().SerializeToString()

    def of(self, kind):
        """The messages of a signal ('traces', …), in the order in which they came."""
        with self._lock:
            return [m for path, _, m in self.requests if path.endswith('/v1/' + kind)]

    def clear(self):
        with self._lock:
            self.requests.clear()
            self.faults.clear()
            self.bodies.clear()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
