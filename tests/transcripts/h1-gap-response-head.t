# The beginning of an answer is lost, or an interim one: the next head is its only if
# nothing else was asked.
>>>
GET /v1/a HTTP/1.1
Host: a

---gap < 25
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
>>>
GET /v1/b HTTP/1.1
Host: a

---gap < 300
<<<
lost head's body\
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 202 OK
Content-Length: 2

ok\
---gap < 0
---close server
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @3-3 200 11
response_body 1 @3-3 ok
response_end 1 @3
end 1 @3 ok
request 2 @4-4 GET /v1/b 11 host=a
request_end 2 @4
end 2 @7 lost
request 3 @7-7 GET /v1/c 11 host=a
request_end 3 @7
response 3 @8-8 202 11
response_body 3 @8-8 ok
response_end 3 @8
end 3 @8 ok
