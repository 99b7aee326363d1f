# An answer that comes before the request is complete: nobody knows where the messages begin.
>>>
POST /v1/realtime HTTP/1.1
Host: a
Upgrade: websocket
Content-Length: 4

ab\
<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

\x81\x01a\
===
request 1 @1-1 POST /v1/realtime 11 host=a
request_body 1 @1-1 ab
response 1 @2-2 101 11
upgrade 1 @2 websocket
end 1 @2 ok
closed: Cannot send after transport endpoint shutdown
