import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.EventsApi;
import org.openapitools.client.auth.HttpBearerAuth;
import org.openapitools.client.model.PublishEvent;

/** Publishes an event with the client of openapi-generator and prints its id. Usage: API_URL ADMIN_KEY. */
public class Publish {
  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient();
    client.setBasePath(args[0]);
    ((HttpBearerAuth) client.getAuthentication("bearer")).setBearerToken(args[1]);
    Map<String, Object> data = Map.of("client", "openapi-generator");
    PublishEvent event = new PublishEvent().type("client.generated").data(data);
    System.out.println(new EventsApi(client).publishEvent(event, null).getId());
  }
}
