# A quiet body that goes on like a request: nobody takes it for one for long.
want /v1
>>>
POST /other HTTP/1.1
Host: a
Content-Length: 100000

---unwanted yes
---quiet >
>>>
GET well soon and so on\
---unwanted yes
>>>
GET /v1/x HT\
---unwanted no
>>>
TP/2 is not what this is
---unwanted yes
>>>
GET /v1/\*262200{x}\
---unwanted yes
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 2

hi\
---quiet <
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 2 @12-12 POST /v1/a 11 host=a
request_body 2 @12-12 hi
request_end 2 @12
response 2 @14-14 200 11
response_body 2 @14-14 ok
response_end 2 @14
end 2 @14 ok
