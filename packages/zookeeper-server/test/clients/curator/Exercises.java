import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** What programs that drive Curator's recipes against a server have in common. */
abstract class Exercises {
  interface Exercise {
    void run(CuratorFramework one, CuratorFramework two) throws Exception;
  }

  static String server;

  static int exercise(String name, Exercise exercise) {
    try (CuratorFramework one = client(); CuratorFramework two = client()) {
      exercise.run(one, two);
      System.out.println("pass " + name);
      return 0;
    } catch (Throwable error) {
      System.out.println("FAIL " + name + ": " + error);
      error.printStackTrace();
      return 1;
    }
  }

  static CuratorFramework client() {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(server, 10_000, 5_000, new ExponentialBackoffRetry(50, 5));
    client.start();
    return client;
  }

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  static void await(Callable<Boolean> condition, String what) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.call()) {
      check(System.nanoTime() < deadline, "waited in vain for " + what);
      Thread.sleep(5);
    }
  }
}
