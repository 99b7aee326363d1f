# Met in the middle of a request body that quotes a request.
midstream
>>>
GET /v1/fake HTTP/1.1
X-No-Host: 1

>>>
GET is not a request line
>>>
POST /v1/\
>>>
a HTTP/1.1
Ho\
>>>
st: a
Content-Length: 2

hi\
<<<
HTTP/1\
<<<
.1 200 OK
Content-Length: 2

ok\
===
request 1 @3-5 POST /v1/a 11 host=a
request_body 1 @5-5 hi
request_end 1 @5
response 1 @6-7 200 11
response_body 1 @7-7 ok
response_end 1 @7
end 1 @7 ok
