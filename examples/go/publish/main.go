// Publishes an event with XADD.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/redis/go-redis/v9"
)

func main() {
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()

	invoice := os.Args[1]
	data, err := json.Marshal(map[string]string{"invoice": invoice})
	if err != nil {
		log.Fatal(err)
	}
	event := []any{"type", "invoice.paid", "data", data, "key", "invoice-" + invoice + "-paid"}
	stream := cmp.Or(os.Getenv("POSTHORN_QUEUE_PREFIX"), "posthorn") + ":intake"
	if err := client.XAdd(context.Background(), &redis.XAddArgs{Stream: stream, Values: event}).Err(); err != nil {
		log.Fatal(err)
	}
}
