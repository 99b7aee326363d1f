# A body that ends with the connection.
>>>
GET /v1/a HTTP/1.0

<<<
HTTP/1.0 200 OK

some \
<<<
text\
---close capture
===
request 1 @1-1 GET /v1/a 10 host=
request_end 1 @1
response 1 @2-2 200 10
response_body 1 @2-3 some text
end 1 @4 capture
