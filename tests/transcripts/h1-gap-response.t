# The end of an answer is lost.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked

5
hello\
---gap < 3000
<<<
HTTP is what this goes on with
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 201 OK
Content-Length: 2

ok\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 hello
gap 1 response 3000
end 1 @5 lost
request 2 @5-5 GET /v1/b 11 host=a
request_end 2 @5
response 2 @6-6 201 11
response_body 2 @6-6 ok
response_end 2 @6
end 2 @6 ok
