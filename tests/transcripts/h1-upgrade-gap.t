# Losses in a session: in a message, then where nobody knows.
>>>
GET /v1/realtime HTTP/1.1
Host: a
Upgrade: websocket

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

\x81\x09a mes\
---gap < 4
<<<
\x81\x05whole\
---gap < 40
<<<
\x81\x05quiet\
---quiet >
>>>
\x81\x82\x00\x00\x00\x00hi\
---close client
===
request 1 @1-1 GET /v1/realtime 11 host=a
request_end 1 @1
response 1 @2-2 101 11
upgrade 1 @2 websocket
message 1 response part @2-2 a mes
gap 1 response 4
message 1 response @4-4 whole
gap 1 response 40
gap 1 request 0
end 1 @9 lost
