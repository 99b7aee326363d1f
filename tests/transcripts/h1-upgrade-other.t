# What follows is neither HTTP nor WebSocket.
>>>
GET /v1/x HTTP/1.1
Host: a
Upgrade: x

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: x

\x81\x05hello\
<<<
HTTP/1.1 200 OK

---unwanted yes
===
request 1 @1-1 GET /v1/x 11 host=a
request_end 1 @1
response 1 @2-2 101 11
upgrade 1 @2 x
end 1 @2 ok
closed: Cannot send after transport endpoint shutdown
