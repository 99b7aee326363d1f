# The answer comes, whole, while the request still flows; then the rest of it.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 10

abc\
<<<
HTTP/1.1 413 Too Large
Content-Length: 2

no\
>>>
defghij\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abc
response 1 @2-2 413 11
response_body 1 @2-2 no
response_end 1 @2
request_body 1 @3-3 defghij
request_end 1 @3
end 1 @3 ok
request 2 @4-4 GET /v1/b 11 host=a
request_end 2 @4
response 2 @5-5 200 11
response_end 2 @5
end 2 @5 ok
