# Obsolete, harmless in an answer.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: identity
Content-Length: 2

ok\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 ok
response_end 1 @2
end 1 @2 ok
