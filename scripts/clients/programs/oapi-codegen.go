// Publishes an event with the client of oapi-codegen and prints its id. Usage: API_URL ADMIN_KEY.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	posthorn "example.com/posthorn"
)

func main() {
	authorize := posthorn.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("authorization", "Bearer "+os.Args[2])
		return nil
	})
	client, err := posthorn.NewClientWithResponses(os.Args[1], authorize)
	if err != nil {
		log.Fatal(err)
	}
	event := posthorn.PublishEvent{
		Type: "client.generated",
		Data: map[string]interface{}{"client": "oapi-codegen"},
	}
	response, err := client.PublishEventWithResponse(context.Background(), nil, event)
	if err != nil {
		log.Fatal(err)
	}
	if response.JSON202 == nil {
		log.Fatalf("Not accepted: %s", response.Body)
	}
	fmt.Println(response.JSON202.Id)
}
