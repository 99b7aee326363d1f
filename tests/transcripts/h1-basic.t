# Two calls on one kept-alive connection.
>>>
POST /v1/chat/completions?beta=true HTTP/1.1
Host: api.example.com
Content-Type: application/json
Content-Length: 15

{"model":"m-1"}\
<<<
HTTP/1.1 200 OK
Content-Length: 11

{"id":"a1"}\
>>>
GET /v1/models HTTP/1.1
Host: api.example.com

<<<
HTTP/1.1 404 Not Found
Content-Length: 0

===
request 1 @1-1 POST /v1/chat/completions?beta=true 11 host=api.example.com
request_body 1 @1-1 {"model":"m-1"}
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 {"id":"a1"}
response_end 1 @2
end 1 @2 ok
request 2 @3-3 GET /v1/models 11 host=api.example.com
request_end 2 @3
response 2 @4-4 404 11
response_end 2 @4
end 2 @4 ok
