import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

/** An `InterProcessMutex` (server, path) that is told by lines what to do, and says when it is done. */
public class CuratorMutex {
  public static void main(String[] args) throws Exception {
    try (CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], new RetryOneTime(100))) {
      client.start();
      InterProcessMutex mutex = new InterProcessMutex(client, args[1]);
      Scanner lines = new Scanner(System.in);
      while (lines.hasNextLine()) {
        switch (lines.nextLine()) {
          case "acquire" -> {
            mutex.acquire();
            System.out.println("acquired");
          }
          case "try" -> System.out.println(mutex.acquire(200, TimeUnit.MILLISECONDS) ? "acquired" : "held elsewhere");
          case "release" -> {
            mutex.release();
            System.out.println("released");
          }
          default -> throw new IllegalArgumentException();
        }
      }
    }
  }
}
