# Head and body in calls of their own; the answer in three.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 6

>>>
abcdef\
<<<
HTTP/1.1 200 OK
Content-Length: 6

<<<
gh\
<<<
ijkl\
---close client
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @2-2 abcdef
request_end 1 @2
response 1 @3-3 200 11
response_body 1 @4-5 ghijkl
response_end 1 @5
end 1 @5 ok
