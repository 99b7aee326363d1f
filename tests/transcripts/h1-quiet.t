# Unwanted requests share the connection: what was left out was theirs.
want /v1
>>>
POST /other HTTP/1.1
Host: a
Content-Length: 1000

abc\
---unwanted yes
---quiet >
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 2

hi\
---unwanted no
---quiet <
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
---unwanted no
>>>
GET /other HTTP/1.1
Host: a

---unwanted yes
>>>
GET /v1/b HTTP/1.1
Host: a

---quiet <
<<<
HTTP/1.1 201 OK
Content-Length: 2

ok\
===
request 2 @4-4 POST /v1/a 11 host=a
request_body 2 @4-4 hi
request_end 2 @4
response 2 @7-7 200 11
response_body 2 @7-7 ok
response_end 2 @7
end 2 @7 ok
request 4 @11-11 GET /v1/b 11 host=a
request_end 4 @11
response 4 @13-13 201 11
response_body 4 @13-13 ok
response_end 4 @13
end 4 @13 ok
