# The capture was not quiet after all: answers in order.
want /v1
>>>
GET /other HTTP/1.1
Host: a

---unwanted yes
<<<
HTTP/1.1 200 OK
Content-Length: 4

no, \
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 201 OK
Content-Length: 2

ok\
===
request 2 @4-4 GET /v1/b 11 host=a
request_end 2 @4
response 2 @5-5 201 11
response_body 2 @5-5 ok
response_end 2 @5
end 2 @5 ok
