# A session that nobody wants is left alone.
want /v1
>>>
GET /chat HTTP/1.1
Host: a
Upgrade: websocket

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

\x81\x05hello\
---unwanted yes
===
closed: Cannot send after transport endpoint shutdown
