# SPDX-License-Identifier: Apache-2.0
"""Both ends of WebSocket sessions over TLS, as a plan says (test_sessions.py makes it).
  wsplay.py serve PLAN DIR LOG             certificates from DIR; prints READY port=N
  wsplay.py client PLAN PORT LOG           waits for a line on stdin
Each end sends its messages when it has received all that came before them, checks what it
receives, and writes a JSON line a session to LOG: when each message began to leave or had come."""
import json
import random
import socket
import ssl
import sys
import threading

import wswire

BINARY, TEXT = wswire.BINARY, wswire.TEXT


def encoded(message):
    return json.dumps(message['data'], ensure_ascii=False).encode(), \
        BINARY if message.get('binary') else TEXT


def play(ws, session, mine):
    """Times by number of message; raises where something else comes than the plan says."""
    times, messages, at = {}, session['messages'], 0
    while at < len(messages):
        if messages[at]['dir'] != mine:
            data, when = ws.receive()
            if json.loads(data) != messages[at]['data']:
                raise ValueError('message %d is another' % at)
            times[at] = when
            at += 1
            continue
        run = 1
        while at + run < len(messages) and messages[at + run]['dir'] == mine and \
                ws.rnd.random() < 0.5:
            run += 1
        begun = ws.send([encoded(m) for m in messages[at:at + run]])
        times.update(zip(range(at, at + run), begun))
        at += run
    return times


def host(session):
    return '%s:%d' % (session['host'], session['port'])


def report(log, session, times, error=None):
    with open(log, 'a') as f:
        f.write(json.dumps({'port': session['port'], 'times': times, 'error': error}) + '\n')


def serve(plan, directory, log):
    by = {session['port']: session for session in plan}
    find = lambda name: by[int(name.rpartition(':')[2])]
    contexts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexts.load_cert_chain(directory + '/cert.pem', directory + '/key.pem')
    contexts.set_alpn_protocols(['h2', 'http/1.1'])
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    print('READY port=%d' % listener.getsockname()[1], flush=True)

    def one(raw, number):
        rnd, session = random.Random('server %d' % number), None
        try:
            sock = contexts.wrap_socket(wswire.nodelay(raw), server_side=True)
            if sock.selected_alpn_protocol() == 'h2':
                import h2wire
                end = h2wire.Endpoint(sock, rnd, False, connect=True)
                ws, session = wswire.accept_h2(end, rnd, find)
            else:
                ws, session = wswire.accept(sock, rnd, find)
            times = play(ws, session, 'received')
            report(log, session, times)
            while True:
                ws.receive()
        except wswire.Closed:
            pass
        except (OSError, ValueError, KeyError, AssertionError) as e:
            report(log, session or {'port': 0}, {}, repr(e))
        finally:
            sock.close()

    number = 0
    while True:
        raw, _ = listener.accept()
        number += 1
        threading.Thread(target=one, args=(raw, number), daemon=True).start()


def client(plan, port, log):
    sys.stdin.readline()
    bad = 0
    for session in plan:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(['h2'] if session['h2'] else ['http/1.1'])
        rnd = random.Random('client %d' % session['port'])
        sock = context.wrap_socket(wswire.nodelay(socket.create_connection(('127.0.0.1', port))))
        try:
            if session['h2']:
                import h2wire
                end = h2wire.Endpoint(sock, rnd, True)
                ws = wswire.connect_h2(end, rnd, host(session), session['path'],
                                       session['deflate'], session['headers'])
            else:
                ws = wswire.connect(sock, rnd, host(session), session['path'],
                                    session['deflate'], session['headers'])
            report(log, session, play(ws, session, 'sent'))
            ws.close()
            ws.pipe.close()
        except (OSError, ValueError, AssertionError, wswire.Closed) as e:
            bad += 1
            report(log, session, {}, repr(e))
            sock.close()
    print(json.dumps({'sessions': len(plan), 'bad': bad}), flush=True)


def main():
    kind, plan, where, log = sys.argv[1:5]
    with open(plan) as f:
        plan = json.load(f)
    if kind == 'serve':
        serve(plan, where, log)
    else:
        client(plan, int(where), log)


if __name__ == '__main__':
    main()
