// Publishes an event with the client of openapi-generator and prints its id. Usage: API_URL ADMIN_KEY.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	openapi "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Args[1]}}
	authorized := context.WithValue(context.Background(), openapi.ContextAccessToken, os.Args[2])
	data := map[string]interface{}{"client": "openapi-generator"}
	event := openapi.NewPublishEvent("client.generated", data)
	call := openapi.NewAPIClient(configuration).EventsAPI.PublishEvent(authorized).PublishEvent(*event)
	accepted, _, err := call.Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(accepted.Id)
}
