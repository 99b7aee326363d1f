# A folded line continues a header, but none that frames.
headers
>>>
POST /v1/a HTTP/1.1
Host: a
X-One: a
  b
\tc
Authorization: Bearer
 secret

<<<
HTTP/1.1 200 OK
Content-Length:
 2

ok\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 11 host=a
  key
  Host: a
  X-One: a b c
  Authorization: 
request_end 1 @1
end 1 @2 protocol
request 2 @3-3 GET /v1/b 11 host=a
  Host: a
request_end 2 @3
response 2 @4-4 200 11
  Content-Length: 0
response_end 2 @4
end 2 @4 ok
