>>>
POST /v1/a HTTP/1.1
Host: a
X-A: a\x00b
Content-Length: 2

hi\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
X-A: a\x00b
Content-Length: 0

>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @2-2 GET /v1/b 11 host=a
request_end 1 @2
end 1 @3 protocol
request 2 @4-4 GET /v1/c 11 host=a
request_end 2 @4
response 2 @5-5 200 11
response_end 2 @5
end 2 @5 ok
