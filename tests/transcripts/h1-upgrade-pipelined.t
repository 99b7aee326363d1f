# A request behind that for an upgrade is no HTTP any more.
>>>
GET /v1/realtime HTTP/1.1
Host: a
Upgrade: websocket

GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

\x81\x01a\
---close capture
===
request 1 @1-1 GET /v1/realtime 11 host=a
request_end 1 @1
request 2 @1-1 GET /v1/b 11 host=a
request_end 2 @1
response 1 @2-2 101 11
upgrade 1 @2 websocket
end 2 @2 protocol
message 1 response @2-2 a
end 1 @3 capture
