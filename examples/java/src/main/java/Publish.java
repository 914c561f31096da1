import com.google.gson.Gson;
import java.util.Map;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.StreamEntryID;

/** Publishes an event with XADD. */
class Publish {
  public static void main(String[] args) {
    String invoice = args[0];
    String stream = System.getenv().getOrDefault("POSTHORN_QUEUE_PREFIX", "posthorn") + ":intake";
    Map<String, String> event =
        Map.of(
            "type", "invoice.paid",
            "data", new Gson().toJson(Map.of("invoice", invoice)),
            "key", "invoice-" + invoice + "-paid");
    try (var redis = new JedisPooled(System.getenv("REDIS_URL"))) {
      redis.xadd(stream, StreamEntryID.NEW_ENTRY, event);
    }
  }
}
