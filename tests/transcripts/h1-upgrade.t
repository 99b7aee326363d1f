# WebSocket: what follows is not HTTP.
>>>
GET /v1/realtime HTTP/1.1
Host: a
Connection: Upgrade
Upgrade: websocket

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade

\x81\x05hello\
<<<
HTTP/1.1 200 OK

---unwanted yes
===
request 1 @1-1 GET /v1/realtime 11 host=a
request_end 1 @1
upgrade 1 @2 websocket
end 1 @2 ok
closed: Cannot send after transport endpoint shutdown
