# Transfer-Encoding wins; both sides that know the RFC agree.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 3
Transfer-Encoding: chunked

5
hello
0

<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked
Content-Length: 1000

2
ok
0

===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 hello
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 ok
response_end 1 @2
end 1 @2 ok
