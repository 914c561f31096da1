import com.google.gson.Gson;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Receives events and rejects requests without a valid signature. */
class Receive {
  record Event(String id, String type, Map<String, Object> data) {}

  static final Gson GSON = new Gson();
  static final Webhook WEBHOOK = new Webhook(System.getenv("WEBHOOK_SECRET"));

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.createContext("/", Receive::receive);
    server.start();
  }

  static void receive(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    HttpHeaders headers = HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true);
    try {
      WEBHOOK.verify(body, headers);
    } catch (WebhookVerificationException invalid) {
      respond(exchange, 400, "");
      return;
    }
    Event event = GSON.fromJson(body, Event.class);
    if (event.type().equals("webhook.validation")) {
      // Echoes the code, which confirms the webhook.
      respond(exchange, 200, GSON.toJson(Map.of("code", event.data().get("code"))));
      return;
    }
    System.out.println(event.id() + " " + event.type());
    respond(exchange, 204, "");
  }

  static void respond(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
