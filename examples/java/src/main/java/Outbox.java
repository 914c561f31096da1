import com.google.gson.JsonObject;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** Marks an invoice as paid and publishes it, in one transaction: Outbox in_1 */
public class Outbox {
  public static void main(String[] args) throws SQLException {
    String invoice = args[0];
    try (Connection connection = connect(URI.create(System.getenv("DATABASE_URL")))) {
      connection.setAutoCommit(false);
      pay(connection, invoice);
      connection.commit();

      // Rolls back: the invoice is not changed, and there is no event.
      pay(connection, invoice + "-declined");
      connection.rollback();
      System.out.println("The card was declined");
    }
  }

  private static void pay(Connection connection, String invoice) throws SQLException {
    try (var update = connection.prepareStatement("UPDATE invoice SET paid = true WHERE id = ?")) {
      update.setString(1, invoice);
      update.executeUpdate();
    }
    JsonObject data = new JsonObject();
    data.addProperty("invoice", invoice);
    try (var publish = connection.prepareStatement("SELECT posthorn.publish(?, ?::text)")) {
      publish.setString(1, "invoice.paid");
      publish.setString(2, data.toString());
      publish.execute();
    }
  }

  /** JDBC has another form of URLs. */
  private static Connection connect(URI url) throws SQLException {
    String[] account = url.getUserInfo().split(":", 2);
    String address = "jdbc:" + url.toString().replaceFirst("^\\w+://[^/]*@", "postgresql://");
    return DriverManager.getConnection(address, account[0], account.length > 1 ? account[1] : "");
  }
}
