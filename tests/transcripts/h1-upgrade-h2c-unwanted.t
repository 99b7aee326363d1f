# HTTP/2 from here on: nobody wanted the request that asked for it, but a later one.
want /v1
>>>
GET /a HTTP/1.1
Host: a
Upgrade: h2c

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: h2c

\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x01\x05\x00\x00\x00\x01\x89\
>>>
PRI * HTTP/2.0

SM

\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x0a\x01\x05\x00\x00\x00\x03\x82\x87\x04\x05/v1/b\x81\
---gap < 5
---close server
===
request 2 @3-3 GET /v1/b 20 host=
request_end 2 @3
gap 2 response 0
end 2 @5 lost
