# Calls of one byte, with false starts.
midstream
>>>
P\
>>>
P\
>>>
O\
>>>
PO\
>>>
S\
>>>
T\
>>>
 \
>>>
/v1/a HTTP/1.0

<<<
HTTP/1.0 200 OK

---close server
===
request 1 @4-8 POST /v1/a 10 host=
request_end 1 @8
response 1 @9-9 200 10
response_end 1 @10
end 1 @10 ok
