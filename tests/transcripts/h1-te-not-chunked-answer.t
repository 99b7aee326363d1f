# RFC 9112, 6.3: until the connection ends.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: x-other
Content-Length: 2

okmore\
---close server
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_end 1 @3 coding
end 1 @3 ok
