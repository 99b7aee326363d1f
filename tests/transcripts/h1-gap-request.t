# The end of a request is lost, and what followed it: its answer is still its own.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 20

abcde\
---gap > 100
>>>
body that goes on\
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
<<<
HTTP/1.1 201 Nobody's
Content-Length: 2

no\
>>>
POST /v1/b HTTP/1.1
Host: a
Content-Length: 2

hi\
<<<
HTTP/1.1 202 OK
Content-Length: 2

ok\
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abcde
gap 1 request 100
request_end 1 @2 gap
response 1 @4-4 200 11
response_body 1 @4-4 ok
response_end 1 @4
end 1 @4 ok
request 2 @6-6 POST /v1/b 11 host=a
request_body 2 @6-6 hi
request_end 2 @6
response 2 @7-7 202 11
response_body 2 @7-7 ok
response_end 2 @7
end 2 @7 ok
