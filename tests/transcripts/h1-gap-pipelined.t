# With pipelining a loss leaves it open whose an answer is: it is nobody's.
>>>
GET /v1/a HTTP/1.1
Host: a

GET /v1/b HTTP/1.1
Host: a

---gap < 100
<<<
HTTP/1.1 200 OK
Content-Length: 2

?!\
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 201 OK
Content-Length: 2

?!\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
request 2 @1-1 GET /v1/b 11 host=a
request_end 2 @1
end 1 @3 lost
end 2 @3 lost
request 3 @4-4 GET /v1/c 11 host=a
request_end 3 @4
end 3 @5 lost
