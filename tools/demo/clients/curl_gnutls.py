# SPDX-License-Identifier: Apache-2.0
"""libcurl with GnuTLS, which is what git and Debian's Python bindings use, called directly: the
curl command has the other one."""
import ctypes
import json
import os

import common as c

WRITEDATA_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(ctypes.c_char),
                                      ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
# curl/curl.h
URL, POSTFIELDS, HTTPHEADER, CAINFO, WRITEFUNCTION = 10002, 10015, 10023, 10065, 20011
HTTP_VERSION, HTTP_1_1, RESPONSE_CODE = 84, 2, 0x200002

curl = ctypes.CDLL('libcurl-gnutls.so.4')
curl.curl_easy_init.restype = curl.curl_slist_append.restype = ctypes.c_void_p
curl.curl_slist_append.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
curl.curl_easy_perform.argtypes = curl.curl_easy_cleanup.argtypes = [ctypes.c_void_p]
handle = curl.curl_easy_init()


def option(number, value):
    # Variadic: numbers are longs.
    value = ctypes.c_long(value) if isinstance(value, int) else value
    if curl.curl_easy_setopt(ctypes.c_void_p(handle), ctypes.c_int(number), value):
        raise OSError('libcurl refuses option %d' % number)


headers = None
for name, value in c.headers().items():
    headers = curl.curl_slist_append(headers, ('%s: %s' % (name, value)).encode())
body = json.dumps(c.body()).encode()
option(URL, c.URL.encode())
option(POSTFIELDS, body)
option(HTTPHEADER, ctypes.c_void_p(headers))
option(CAINFO, os.environ['SSL_CERT_FILE'].encode())
if os.environ.get('HTTP') != '2':
    option(HTTP_VERSION, HTTP_1_1)


def one(_):
    call, held = c.Call('curl-gnutls'), bytearray()

    @WRITEDATA_FUNCTION
    def received(data, size, n, _):
        held.extend(data[:size * n])
        while c.STREAM and b'\n' in held:
            line, _, rest = bytes(held).partition(b'\n')
            held[:] = rest
            call.line(line.strip())
        return size * n

    option(WRITEFUNCTION, received)
    failed = curl.curl_easy_perform(handle)
    status = ctypes.c_long()
    curl.curl_easy_getinfo(ctypes.c_void_p(handle), ctypes.c_int(RESPONSE_CODE),
                           ctypes.byref(status))
    if held and not failed:
        call.document(json.loads(bytes(held)))
    call.done(status.value, 'libcurl says %d' % failed if failed else None)


c.each(one)
