import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/**
 * Apache's Java client in the closed loop of closed-loop.ts, through its asynchronous calls: the next request is
 * sent from the callback of the one before, on the client's event thread. Speaks the lines of round.ts.
 */
public final class BenchClient {
    static final byte[] DATA = new byte[100];
    static final int MAX_SAMPLES = 1 << 21;
    static final long[] samples = new long[MAX_SAMPLES];

    static ZooKeeper zk;
    static String folder;
    static String operation;
    static int inFlight;
    static long end;
    // Touched by the event thread alone while a round runs.
    static int calls;
    static int created;
    static CountDownLatch done;

    public static void main(String[] args) throws Exception {
        Arrays.fill(DATA, (byte) 'x');
        CountDownLatch connected = new CountDownLatch(1);
        zk = new ZooKeeper(args[0], 30000, event -> connected.countDown());
        connected.await();
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            operation = words[0];
            inFlight = Integer.parseInt(words[1]);
            folder = words[3];
            round(Integer.parseInt(words[2]));
        }
        System.exit(0);
    }

    static void round(int ms) throws Exception {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        boolean fanOut = operation.equals("fan-out");
        int callers = fanOut ? 1 : inFlight;
        calls = 0;
        created = 0;
        done = new CountDownLatch(callers);
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        end = start + ms * 1_000_000L;
        if (callers == 1) {
            step(0);
        } else {
            // From the event thread, so that nothing is shared with this one.
            zk.sync("/", (rc, path, context) -> {
                for (int caller = 0; caller < callers; caller++) step(caller);
            }, null);
        }
        done.await();
        long elapsed = System.nanoTime() - start;
        cpu = system.getProcessCpuTime() - cpu;
        int count = Math.min(calls, MAX_SAMPLES);
        long[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        System.out.printf(
            "{\"calls\":%d,\"elapsedMs\":%s,\"userUs\":%s,\"systemUs\":null,\"p50Us\":%s,\"p99Us\":%s}%n",
            fanOut ? (long) calls * inFlight : calls, elapsed / 1e6, cpu / 1e3,
            sorted[(int) ((count - 1) * 0.5)] / 1e3, sorted[(int) ((count - 1) * 0.99)] / 1e3);
    }

    static void step(int caller) {
        long before = System.nanoTime();
        String node = folder + "/node";
        switch (operation) {
            case "create" -> zk.create(folder + "/n" + created++, DATA, Ids.OPEN_ACL_UNSAFE,
                CreateMode.PERSISTENT,
                (rc, path, context, name, stat) -> answered(rc, caller, before), null);
            case "set" -> zk.setData(node, DATA, -1,
                (rc, path, context, stat) -> answered(rc, caller, before), null);
            case "get" -> zk.getData(node, false,
                (rc, path, context, data, stat) -> answered(rc, caller, before), null);
            case "getChildren" -> zk.getChildren(folder + "/parent", false,
                (rc, path, context, children, stat) -> answered(rc, caller, before), null);
            case "watch" -> watchedSet(folder + "/watched/n" + caller, 1, caller, before);
            case "fan-out" -> watchedSet(node, inFlight, caller, before);
            default -> throw new IllegalArgumentException(operation);
        }
    }

    /** Leaves the watches, changes the node, and goes on when all have fired and the change is answered. */
    static void watchedSet(String node, int watchers, int caller, long before) {
        AtomicInteger unarmed = new AtomicInteger(watchers);
        AtomicInteger awaited = new AtomicInteger(watchers + 1);
        for (int i = 0; i < watchers; i++) {
            Watcher watcher = new Watcher() {
                @Override
                public void process(org.apache.zookeeper.WatchedEvent event) {
                    if (awaited.decrementAndGet() == 0) answered(0, caller, before);
                }
            };
            zk.getData(node, watcher, (rc, path, context, data, stat) -> {
                if (unarmed.decrementAndGet() > 0) return;
                zk.setData(node, DATA, -1, (code, changed, ignored, after) -> {
                    if (awaited.decrementAndGet() == 0) answered(code, caller, before);
                }, null);
            }, null);
        }
    }

    static void answered(int rc, int caller, long before) {
        if (rc != Code.OK.intValue()) {
            System.err.println(operation + ": " + Code.get(rc));
            System.exit(1);
        }
        long now = System.nanoTime();
        samples[calls++ % MAX_SAMPLES] = now - before;
        if (now < end) step(caller);
        else done.countDown();
    }
}
