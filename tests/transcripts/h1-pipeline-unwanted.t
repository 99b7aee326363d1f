# Requests that nobody wants stand before one that is wanted: order decides.
want /v1
>>>
GET /a HTTP/1.1
Host: a

GET /b HTTP/1.1
Host: a

GET /v1/c HTTP/1.1
Host: a

---unwanted no
<<<
HTTP/1.1 200 OK
Content-Length: 1

a\
<<<
HTTP/1.1 201 Created
Content-Length: 1

b\
<<<
HTTP/1.1 202 Accepted
Content-Length: 1

c\
---unwanted no
===
request 3 @1-1 GET /v1/c 11 host=a
request_end 3 @1
response 3 @5-5 202 11
response_body 3 @5-5 c
response_end 3 @5
end 3 @5 ok
