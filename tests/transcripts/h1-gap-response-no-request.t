# The end of an answer is lost, and the next request: that answer is nobody's.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 10

hello\
---gap < 100
---gap > 100
<<<
HTTP/1.1 201 OK
Content-Length: 2

no\
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 202 OK
Content-Length: 2

ok\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 hello
gap 1 response 100
end 1 @5 lost
request 2 @6-6 GET /v1/c 11 host=a
request_end 2 @6
response 2 @7-7 202 11
response_body 2 @7-7 ok
response_end 2 @7
end 2 @7 ok
