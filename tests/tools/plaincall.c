// SPDX-License-Identifier: Apache-2.0
/* Calls a model server of its own making over plain HTTP on loopback: plaincall PORT CALLS. The
 * server is a child; both are to be seen. It answers as tlsprovider.c does. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Reads one message, whose body has a Content-Length; false: there is none. */
static int message(int fd)
{
	char buf[4096], *head, *length;
	size_t n = 0;
	ssize_t k;

	for (;;) {
		k = read(fd, buf + n, sizeof(buf) - 1 - n);
		if (k <= 0)
			return 0;
		n += (size_t)k;
		buf[n] = 0;
		head = strstr(buf, "\r\n\r\n");
		length = strcasestr(buf, "content-length:");
		if (head && length && buf + n >= head + 4 + atoi(length + 15))
			return 1;
	}
}

/* Head and body by one writev, as many servers do it. */
static void answer(int fd, int n)
{
	char head[256], body[512];
	struct iovec v[2] = {{head, 0}, {body, 0}};

	v[1].iov_len = (size_t)snprintf(
		body, sizeof(body),
		"{\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion\",\"created\":1,"
		"\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":"
		"{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
		"\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":5,\"total_tokens\":%d}}",
		n, 1000 + n, 1005 + n);
	v[0].iov_len = (size_t)snprintf(head, sizeof(head),
					"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					"x-request-id: req-%d\r\nContent-Length: %zu\r\n\r\n",
					n, v[1].iov_len);
	if (writev(fd, v, 2) < 0)
		fail("writev");
}

static void serve(int listener)
{
	int fd = accept(listener, NULL, NULL);

	for (int n = 1; message(fd); n++)
		answer(fd, n);
	exit(0);
}

static void ask(int fd)
{
	static const char body[] = "{\"model\":\"gpt-4o-mini\",\"messages\":[]}";
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 sizeof(body) - 1, body);

	if (send(fd, text, (size_t)n, 0) != n || !message(fd))
		fail("call");
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 3)
		return 2;
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 1))
		fail("listen");
	if (!fork()) {
		close(fd);
		serve(listener);
	}
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		fail("connect");
	for (int i = 0; i < atoi(argv[2]); i++)
		ask(fd);
	close(fd);
	wait(NULL);
	return 0;
}
