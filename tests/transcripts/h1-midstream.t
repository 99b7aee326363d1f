# Met in the middle of an answer.
midstream
---unwanted yes
<<<
data: {"x":1}

<<<
HTTP/1.1 is not so
---unwanted yes
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 2

hi\
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @5-5 POST /v1/a 11 host=a
request_body 1 @5-5 hi
request_end 1 @5
response 1 @6-6 200 11
response_body 1 @6-6 ok
response_end 1 @6
end 1 @6 ok
