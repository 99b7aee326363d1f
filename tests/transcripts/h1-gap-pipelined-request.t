# Answers that were due before the loss still come in order.
>>>
GET /v1/a HTTP/1.1
Host: a

GET /v1/b HTTP/1.1
Host: a

---gap > 100
<<<
HTTP/1.1 200 OK
Content-Length: 1

aHTTP/1.1 201 OK
Content-Length: 1

b\
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 202 OK
Content-Length: 2

?!\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
request 2 @1-1 GET /v1/b 11 host=a
request_end 2 @1
response 1 @3-3 200 11
response_body 1 @3-3 a
response_end 1 @3
end 1 @3 ok
response 2 @3-3 201 11
response_body 2 @3-3 b
response_end 2 @3
end 2 @3 ok
request 3 @4-4 GET /v1/c 11 host=a
request_end 3 @4
end 3 @5 lost
