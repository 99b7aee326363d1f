# A framing header that is cut off cannot be trusted.
limit header_value 8
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 2,\*2000{ }3

hi\
===
request 1 @1-1 POST /v1/a 11 host=a
  truncated
end 1 @1 protocol
