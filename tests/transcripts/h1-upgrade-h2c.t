# HTTP/2 from here on: its stream 1 has the answer, the client begins with the preface.
>>>
GET /v1/a HTTP/1.1
Host: a
Connection: Upgrade, HTTP2-Settings
Upgrade: h2c
HTTP2-Settings: AAMAAABk

<<<
HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Upgrade: h2c

\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88\
>>>
PRI * HTTP/2.0

SM

\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x0a\x01\x05\x00\x00\x00\x03\x82\x87\x04\x05/v1/b\x81\
<<<
\x00\x00\x02\x00\x01\x00\x00\x00\x01hi\
---unwanted no
<<<
\x00\x00\x01\x01\x05\x00\x00\x00\x03\x89\
---close client
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 20
request 2 @3-3 GET /v1/b 20 host=
request_end 2 @3
response_body 1 @4-4 hi
response_end 1 @4
end 1 @4 ok
response 2 @6-6 204 20
response_end 2 @6
end 2 @6 ok
