# SPDX-License-Identifier: Apache-2.0
"""tools/demo/provider.py without TLS, as local model servers are."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tools/demo'))
import provider  # noqa: E402
import wire  # noqa: E402


class Server(wire.Server):
    def _one(self, raw):
        try:
            raw.settimeout(120)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.serve(raw)
        except (EOFError, OSError, ValueError, wire.BadRequest):
            pass
        finally:
            raw.close()


provider.run(provider.Provider, Server)
