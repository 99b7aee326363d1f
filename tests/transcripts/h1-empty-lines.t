# Old clients send CRLF after a body.
want /v1
>>>
POST /v1/a HTTP/1.0
Content-Length: 1

x
<<<
HTTP/1.0 200 OK
Content-Length: 1

y

>>>


\
>>>

GET /v1/b HTTP/1.0

<<<
HTTP/1.0 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 10 host=
request_body 1 @1-1 x
request_end 1 @1
response 1 @2-2 200 10
response_body 1 @2-2 y
response_end 1 @2
end 1 @2 ok
request 2 @4-4 GET /v1/b 10 host=
request_end 2 @4
response 2 @5-5 200 10
response_end 2 @5
end 2 @5 ok
