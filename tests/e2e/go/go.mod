module llmsnoop.test

go 1.19
