// SPDX-License-Identifier: Apache-2.0

// sdk makes model calls to BASE by the providers' own libraries, see tests/e2e/test_go.py. Says
// READY, waits for a line, and prints one of JSON for each answer.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
)

var (
	total    = flag.Int("n", 20, "calls")
	parallel = flag.Int("c", 5, "at once")
	mutex    sync.Mutex
)

func say(id string, err error) {
	mutex.Lock()
	defer mutex.Unlock()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Printf("{\"id\": %q, \"good\": %v}\n", id, err == nil)
}

func demo(i int) string {
	return fmt.Sprintf("burst=1&tokens=7&tag=call-%d", i)
}

func openAI(client openai.Client, i int) (id string, err error) {
	params := openai.ChatCompletionNewParams{
		Model:    "gpt-4o-mini",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hello")},
	}
	header := openaioption.WithHeader("X-Demo", demo(i))
	if i%4 == 0 {
		r, err := client.Chat.Completions.New(context.Background(), params, header)
		if err != nil {
			return "", err
		}
		return r.ID, nil
	}
	params.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := client.Chat.Completions.NewStreaming(context.Background(), params, header)
	defer stream.Close()
	for stream.Next() {
		id = stream.Current().ID
	}
	return id, stream.Err()
}

func anthropicCall(client anthropic.Client, i int) (id string, err error) {
	params := anthropic.MessageNewParams{
		Model:     "claude-sonnet-4-5",
		MaxTokens: 1024,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hello"))},
	}
	header := anthropicoption.WithHeader("X-Demo", demo(i))
	if i%4 == 1 {
		r, err := client.Messages.New(context.Background(), params, header)
		if err != nil {
			return "", err
		}
		return r.ID, nil
	}
	stream := client.Messages.NewStreaming(context.Background(), params, header)
	defer stream.Close()
	for stream.Next() {
		if e := stream.Current(); e.Type == "message_start" {
			id = e.Message.ID
		}
	}
	return id, stream.Err()
}

func main() {
	flag.Parse()
	base := os.Getenv("BASE")
	o := openai.NewClient(openaioption.WithBaseURL(base+"/v1"), openaioption.WithAPIKey("none"))
	a := anthropic.NewClient(anthropicoption.WithBaseURL(base), anthropicoption.WithAPIKey("none"))
	fmt.Println("READY")
	fmt.Scanln()
	var group sync.WaitGroup
	work := make(chan int)
	for w := 0; w < *parallel; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range work {
				if i%2 == 0 {
					say(openAI(o, i))
				} else {
					say(anthropicCall(a, i))
				}
			}
		}()
	}
	for i := 0; i < *total; i++ {
		work <- i
	}
	close(work)
	group.Wait()
}
