# What follows are no frames.
>>>
GET /v1/realtime HTTP/1.1
Host: a
Upgrade: websocket

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

\x81\x01a\
<<<
HTTP/1.1 200 OK

===
request 1 @1-1 GET /v1/realtime 11 host=a
request_end 1 @1
response 1 @2-2 101 11
upgrade 1 @2 websocket
message 1 response @2-2 a
end 1 @3 protocol
closed: Bad message
