# In a body that ends with the connection the place does not matter.
>>>
GET /v1/a HTTP/1.0

<<<
HTTP/1.0 200 OK

abc\
---gap < 0
<<<
def\
---close server
===
request 1 @1-1 GET /v1/a 10 host=
request_end 1 @1
response 1 @2-2 200 10
response_body 1 @2-2 abc
gap 1 response 0
response_body 1 @4-4 def
response_end 1 @5 gap
end 1 @5 ok
