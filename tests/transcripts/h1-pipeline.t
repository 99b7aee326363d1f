# Three requests in one breath, answers in order, one call for two of them.
>>>
GET /v1/a HTTP/1.1
Host: a

POST /v1/b HTTP/1.1
Host: a
Content-Length: 1

xGET /v1/c HTTP/1.1
Host: a

---unwanted no
<<<
HTTP/1.1 200 OK
Content-Length: 1

aHTTP/1.1 201 Created
Content-Length: 1

b\
<<<
HTTP/1.1 202 Accepted
Content-Length: 1

c\
---unwanted no
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
request 2 @1-1 POST /v1/b 11 host=a
request_body 2 @1-1 x
request_end 2 @1
request 3 @1-1 GET /v1/c 11 host=a
request_end 3 @1
response 1 @3-3 200 11
response_body 1 @3-3 a
response_end 1 @3
end 1 @3 ok
response 2 @3-3 201 11
response_body 2 @3-3 b
response_end 2 @3
end 2 @3 ok
response 3 @4-4 202 11
response_body 3 @4-4 c
response_end 3 @4
end 3 @4 ok
