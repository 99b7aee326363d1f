# A session that ends with goodbyes.
>>>
GET /v1/realtime HTTP/1.1
Host: a
Upgrade: websocket

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket

>>>
\x88\x82\x00\x00\x00\x00\x03\xe8\
<<<
\x88\x02\x03\xe8\
---close client
===
request 1 @1-1 GET /v1/realtime 11 host=a
request_end 1 @1
response 1 @2-2 101 11
upgrade 1 @2 websocket
end 1 @5 ok
