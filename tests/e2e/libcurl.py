#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chat completions through a libcurl of one's choice, whatever TLS library that was built with.

  libcurl.py LIBRARY BASE CA CALLS CONNECTIONS [bytes of prompt] [options of the provider]

Half of the calls are streamed; each connection makes CALLS of them, one after the other. Prints
how many were answered with 200 and a body that is whole."""
import ctypes
import json
import sys
import threading

# curl/curl.h: part of libcurl's ABI
URL, POSTFIELDS, HTTPHEADER, CAINFO = 10002, 10015, 10023, 10065
WRITEFUNCTION, POSTFIELDSIZE, NOSIGNAL, HTTP_VERSION = 20011, 60, 99, 84
RESPONSE_CODE = 0x200000 + 2
WRITE = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t,
                         ctypes.c_size_t, ctypes.c_void_p)


def connection(curl, base, ca, calls, size, options, first, good):
    easy = curl.curl_easy_init()
    body = bytearray()
    take = WRITE(lambda p, one, n, ctx: body.extend(p[:one * n]) or one * n)
    headers = None
    for h in (b'content-type: application/json', b'authorization: Bearer sk-not-a-key', b'expect:',
              b'x-demo: ' + options.encode()):
        headers = curl.curl_slist_append(headers, h)

    def set_to(option, value):
        if curl.curl_easy_setopt(easy, option, value):
            raise SystemExit('curl_easy_setopt(%d)' % option)

    set_to(URL, (base + '/v1/chat/completions').encode())
    set_to(HTTPHEADER, ctypes.c_void_p(headers))
    set_to(CAINFO, ca.encode())
    set_to(WRITEFUNCTION, take)
    set_to(NOSIGNAL, ctypes.c_long(1))
    set_to(HTTP_VERSION, ctypes.c_long(2))
    for i in range(calls):
        stream = (first + i) % 2 == 0
        request = json.dumps({'model': 'gpt-4o-mini', 'stream': stream, 'messages': [
            {'role': 'user', 'content': 'x' * size}]}).encode()
        body.clear()
        set_to(POSTFIELDSIZE, ctypes.c_long(len(request)))
        set_to(POSTFIELDS, request)
        error = curl.curl_easy_perform(easy)
        code = ctypes.c_long()
        curl.curl_easy_getinfo(easy, RESPONSE_CODE, ctypes.byref(code))
        whole = body.rstrip().endswith(b'data: [DONE]' if stream else b'}')
        if error or code.value != 200 or not whole:
            print('curl error', error, 'status', code.value, bytes(body[-100:]), file=sys.stderr)
        else:
            good.append(i)
    curl.curl_easy_cleanup(easy)


def main(library, base, ca, calls, connections, size=2, options=''):
    curl = ctypes.CDLL(library)
    for f in (curl.curl_easy_init, curl.curl_slist_append):
        f.restype = ctypes.c_void_p
    for f in (curl.curl_easy_setopt, curl.curl_easy_getinfo, curl.curl_easy_perform,
              curl.curl_easy_cleanup):
        f.argtypes = [ctypes.c_void_p]
    curl.curl_slist_append.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    curl.curl_global_init(ctypes.c_long(3))
    good = []
    threads = [threading.Thread(target=connection, args=(
        curl, base, ca, int(calls), int(size), options, n, good)) for n in range(int(connections))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(json.dumps({'good': len(good)}))


if __name__ == '__main__':
    main(*sys.argv[1:])
