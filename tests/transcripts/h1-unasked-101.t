# Nobody asked: an interim answer to nobody.
<<<
HTTP/1.1 101 Switching Protocols
Upgrade: x

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @2-2 GET /v1/b 11 host=a
request_end 1 @2
response 1 @3-3 200 11
response_end 1 @3
end 1 @3 ok
