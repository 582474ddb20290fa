import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.utils.CloseableUtils;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceProvider;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/** Drives one recipe of Curator after the other against the server named by the only argument. */
public class CuratorExercise extends Exercises {
  public static void main(String[] args) throws Exception {
    server = args[0];
    int failed = 0;
    failed += exercise("background-and-protected-create", CuratorExercise::creating);
    failed += exercise("transaction", CuratorExercise::transaction);
    failed += exercise("mutex", CuratorExercise::mutex);
    failed += exercise("read-write-lock", CuratorExercise::readWriteLock);
    failed += exercise("semaphore", CuratorExercise::semaphore);
    failed += exercise("leader-latch", CuratorExercise::leaderLatch);
    failed += exercise("atomic-long", CuratorExercise::atomicLong);
    failed += exercise("shared-count", CuratorExercise::sharedCount);
    failed += exercise("double-barrier", CuratorExercise::doubleBarrier);
    failed += exercise("queue", CuratorExercise::queue);
    failed += exercise("curator-cache", CuratorExercise::curatorCache);
    failed += exercise("path-children-cache", CuratorExercise::pathChildrenCache);
    failed += exercise("tree-cache", CuratorExercise::treeCache);
    failed += exercise("node-cache", CuratorExercise::nodeCache);
    failed += exercise("persistent-node", CuratorExercise::persistentNode);
    failed += exercise("persistent-ttl-node", CuratorExercise::persistentTtlNode);
    failed += exercise("group-member", CuratorExercise::groupMember);
    failed += exercise("watches", CuratorExercise::watches);
    failed += exercise("discovery", CuratorExercise::discovery);
    System.exit(failed);
  }

  static void creating(CuratorFramework one, CuratorFramework two) throws Exception {
    String path = one.create().creatingParentContainersIfNeeded().withProtection()
        .withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/create/a/b-", "x".getBytes());
    check(Arrays.equals("x".getBytes(), two.getData().forPath(path)), "data");
    one.create().orSetData().forPath("/create/c", "1".getBytes());
    one.create().orSetData().forPath("/create/c", "2".getBytes());
    check(Arrays.equals("2".getBytes(), two.getData().forPath("/create/c")), "or set");
    CountDownLatch done = new CountDownLatch(1);
    one.create().inBackground((client, event) -> {
      if (event.getResultCode() == KeeperException.Code.NODEEXISTS.intValue()) done.countDown();
    }).forPath("/create/c");
    check(done.await(10, TimeUnit.SECONDS), "background result");
    one.delete().guaranteed().deletingChildrenIfNeeded().forPath("/create");
    check(two.checkExists().forPath("/create") == null, "gone");
  }

  static void transaction(CuratorFramework one, CuratorFramework two) throws Exception {
    List<CuratorTransactionResult> results = one.transaction().forOperations(
        one.transactionOp().create().forPath("/tx", "a".getBytes()),
        one.transactionOp().setData().withVersion(0).forPath("/tx", "b".getBytes()),
        one.transactionOp().check().withVersion(1).forPath("/tx"),
        one.transactionOp().create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath("/tx/s-"));
    check(results.size() == 4, "four results");
    check(results.get(3).getResultPath().equals("/tx/s-0000000000"), "sequence");
    check(results.get(1).getResultStat().getVersion() == 1, "stat");
    try {
      one.transaction().forOperations(
          one.transactionOp().delete().forPath("/tx/s-0000000000"),
          one.transactionOp().check().withVersion(7).forPath("/tx"));
      check(false, "must fail");
    } catch (KeeperException.BadVersionException expected) {
      check(expected.getResults().size() == 2, "results of a failed one");
    }
    check(two.checkExists().forPath("/tx/s-0000000000") != null, "nothing was done");
  }

  static void mutex(CuratorFramework one, CuratorFramework two) throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger entered = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      InterProcessMutex mutex = new InterProcessMutex(i % 2 == 0 ? one : two, "/mutex");
      all.add(threads.submit(() -> {
        for (int round = 0; round < 10; round++) {
          check(mutex.acquire(20, TimeUnit.SECONDS), "acquired");
          check(inside.incrementAndGet() == 1, "alone");
          entered.incrementAndGet();
          inside.decrementAndGet();
          mutex.release();
        }
        return null;
      }));
    }
    for (Future<?> each : all) each.get();
    threads.shutdown();
    check(entered.get() == 60, "all went in");
    InterProcessMutex held = new InterProcessMutex(one, "/mutex");
    held.acquire();
    check(!new InterProcessMutex(two, "/mutex").acquire(100, TimeUnit.MILLISECONDS), "held");
    held.release();
  }

  static void readWriteLock(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessReadWriteLock a = new InterProcessReadWriteLock(one, "/rw");
    InterProcessReadWriteLock b = new InterProcessReadWriteLock(two, "/rw");
    a.readLock().acquire();
    check(b.readLock().acquire(5, TimeUnit.SECONDS), "two readers");
    check(!b.writeLock().acquire(100, TimeUnit.MILLISECONDS), "no writer among readers");
    a.readLock().release();
    b.readLock().release();
    check(b.writeLock().acquire(5, TimeUnit.SECONDS), "writer");
    check(!a.readLock().acquire(100, TimeUnit.MILLISECONDS), "no reader beside a writer");
    b.writeLock().release();
  }

  static void semaphore(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessSemaphoreV2 a = new InterProcessSemaphoreV2(one, "/semaphore", 2);
    InterProcessSemaphoreV2 b = new InterProcessSemaphoreV2(two, "/semaphore", 2);
    Lease first = a.acquire(5, TimeUnit.SECONDS);
    check(first != null && b.acquire(5, TimeUnit.SECONDS) != null, "two leases");
    check(b.acquire(100, TimeUnit.MILLISECONDS) == null, "no third");
    a.returnLease(first);
    check(b.acquire(5, TimeUnit.SECONDS) != null, "after a return");
  }

  static void leaderLatch(CuratorFramework one, CuratorFramework two) throws Exception {
    try (LeaderLatch a = new LeaderLatch(one, "/leader", "a");
        LeaderLatch b = new LeaderLatch(two, "/leader", "b")) {
      a.start();
      check(a.await(10, TimeUnit.SECONDS), "a leads");
      b.start();
      await(() -> b.getParticipants().size() == 2, "both");
      check(b.getLeader().getId().equals("a"), "b knows");
      a.close();
      check(b.await(10, TimeUnit.SECONDS), "b leads");
      b.close();
    } catch (IllegalStateException closedTwice) {
      check(closedTwice.getMessage().contains("Already closed"), closedTwice.getMessage());
    }
  }

  static void atomicLong(CuratorFramework one, CuratorFramework two) throws Exception {
    DistributedAtomicLong a = new DistributedAtomicLong(one, "/long", new RetryOneTime(1));
    DistributedAtomicLong b = new DistributedAtomicLong(two, "/long", new RetryOneTime(1));
    for (int i = 0; i < 10; i++) check(a.increment().succeeded() && b.increment().succeeded(), "add");
    check(a.get().postValue() == 20, "sum");
  }

  static void sharedCount(CuratorFramework one, CuratorFramework two) throws Exception {
    try (SharedCount a = new SharedCount(one, "/count", 5); SharedCount b = new SharedCount(two, "/count", 5)) {
      a.start();
      b.start();
      check(a.trySetCount(a.getVersionedValue(), 6), "set");
      await(() -> b.getCount() == 6, "b sees it");
    }
  }

  static void doubleBarrier(CuratorFramework one, CuratorFramework two) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<Future<Boolean>> all = new ArrayList<>();
    for (CuratorFramework client : List.of(one, two)) {
      all.add(threads.submit(() -> {
        DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, "/barrier", 2);
        return barrier.enter(10, TimeUnit.SECONDS) && barrier.leave(10, TimeUnit.SECONDS);
      }));
    }
    for (Future<Boolean> each : all) check(each.get(), "through");
    threads.shutdown();
  }

  static void queue(CuratorFramework one, CuratorFramework two) throws Exception {
    SimpleDistributedQueue in = new SimpleDistributedQueue(one, "/queue");
    SimpleDistributedQueue out = new SimpleDistributedQueue(two, "/queue");
    for (int i = 0; i < 20; i++) in.offer(("item " + i).getBytes());
    for (int i = 0; i < 20; i++) check(new String(out.take()).equals("item " + i), "order");
  }

  static void curatorCache(CuratorFramework one, CuratorFramework two) throws Exception {
    two.create().creatingParentsIfNeeded().forPath("/cache/before/x", "0".getBytes());
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    CountDownLatch initialized = new CountDownLatch(1);
    try (CuratorCache cache = CuratorCache.build(one, "/cache")) {
      cache.listenable().addListener(CuratorCacheListener.builder()
          .forCreates(node -> seen.add("created " + node.getPath()))
          .forChanges((old, node) -> seen.add("changed " + node.getPath()))
          .forDeletes(node -> seen.add("deleted " + node.getPath()))
          .forInitialized(initialized::countDown).build());
      cache.start();
      check(initialized.await(10, TimeUnit.SECONDS), "initialized");
      check(cache.stream().count() == 3, "three nodes");
      seen.clear();
      two.create().forPath("/cache/a", "1".getBytes());
      check("created /cache/a".equals(seen.poll(10, TimeUnit.SECONDS)), "created");
      two.setData().forPath("/cache/a", "2".getBytes());
      check("changed /cache/a".equals(seen.poll(10, TimeUnit.SECONDS)), "changed");
      two.delete().forPath("/cache/a");
      check("deleted /cache/a".equals(seen.poll(10, TimeUnit.SECONDS)), "deleted");
    }
  }

  static void pathChildrenCache(CuratorFramework one, CuratorFramework two) throws Exception {
    two.create().creatingParentsIfNeeded().forPath("/pcc/a", "1".getBytes());
    try (PathChildrenCache cache = new PathChildrenCache(one, "/pcc", true)) {
      cache.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
      check(cache.getCurrentData().size() == 1, "one");
      two.create().forPath("/pcc/b", "2".getBytes());
      await(() -> cache.getCurrentData("/pcc/b") != null, "b");
      two.delete().forPath("/pcc/a");
      await(() -> cache.getCurrentData("/pcc/a") == null, "a is gone");
    }
  }

  static void treeCache(CuratorFramework one, CuratorFramework two) throws Exception {
    two.create().creatingParentsIfNeeded().forPath("/tree/a/b", "1".getBytes());
    try (TreeCache cache = new TreeCache(one, "/tree")) {
      cache.start();
      await(() -> cache.getCurrentData("/tree/a/b") != null, "b");
      two.create().forPath("/tree/a/b/c");
      await(() -> cache.getCurrentData("/tree/a/b/c") != null, "c");
      two.delete().deletingChildrenIfNeeded().forPath("/tree/a");
      await(() -> cache.getCurrentData("/tree/a") == null, "a is gone");
    }
  }

  static void nodeCache(CuratorFramework one, CuratorFramework two) throws Exception {
    try (NodeCache cache = new NodeCache(one, "/node")) {
      cache.start(true);
      two.create().forPath("/node", "1".getBytes());
      await(() -> cache.getCurrentData() != null, "created");
      two.setData().forPath("/node", "2".getBytes());
      await(() -> new String(cache.getCurrentData().getData()).equals("2"), "changed");
    }
  }

  static void persistentNode(CuratorFramework one, CuratorFramework two) throws Exception {
    try (PersistentNode node = new PersistentNode(one, CreateMode.EPHEMERAL, false, "/pen", "x".getBytes())) {
      node.start();
      check(node.waitForInitialCreate(10, TimeUnit.SECONDS), "created");
      two.delete().forPath("/pen");
      await(() -> two.checkExists().forPath("/pen") != null, "again");
    }
    await(() -> two.checkExists().forPath("/pen") == null, "gone when closed");
  }

  static void persistentTtlNode(CuratorFramework one, CuratorFramework two) throws Exception {
    try (PersistentTtlNode node = new PersistentTtlNode(one, "/ttl", 1000, "x".getBytes())) {
      node.start();
      check(node.waitForInitialCreate(10, TimeUnit.SECONDS), "created");
      await(() -> two.checkExists().forPath("/ttl/touch") != null, "touched");
    }
  }

  static void groupMember(CuratorFramework one, CuratorFramework two) throws Exception {
    try (GroupMember a = new GroupMember(one, "/group", "a"); GroupMember b = new GroupMember(two, "/group", "b")) {
      a.start();
      b.start();
      await(() -> a.getCurrentMembers().size() == 2 && b.getCurrentMembers().size() == 2, "both");
    }
  }

  static void watches(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    org.apache.curator.framework.api.CuratorWatcher watcher =
        event -> seen.add(event.getType() + " " + event.getPath());
    one.watchers().add().withMode(org.apache.zookeeper.AddWatchMode.PERSISTENT_RECURSIVE)
        .usingWatcher(watcher).forPath("/watched");
    two.create().creatingParentsIfNeeded().forPath("/watched/x");
    check("NodeCreated /watched".equals(seen.poll(10, TimeUnit.SECONDS)), "parent");
    check("NodeCreated /watched/x".equals(seen.poll(10, TimeUnit.SECONDS)), "child");
    one.watchers().remove(watcher).forPath("/watched");
    two.delete().forPath("/watched/x");
    one.sync().forPath("/watched");
    one.checkExists().forPath("/watched");
    check(seen.stream().noneMatch(event -> event.startsWith("NodeDeleted")), "removed");
  }

  static void discovery(CuratorFramework one, CuratorFramework two) throws Exception {
    ServiceInstance<String> instance = ServiceInstance.<String>builder()
        .name("chat").id("i1").address("127.0.0.1").port(8080).payload("x").build();
    try (ServiceDiscovery<String> offering = discoveryOf(one).thisInstance(instance).build();
        ServiceDiscovery<String> asking = discoveryOf(two).build()) {
      offering.start();
      asking.start();
      Collection<ServiceInstance<String>> found = asking.queryForInstances("chat");
      check(found.size() == 1 && found.iterator().next().getPort() == 8080, "found");
      try (ServiceCache<String> cache = asking.serviceCacheBuilder().name("chat").build();
          ServiceProvider<String> provider = asking.serviceProviderBuilder().serviceName("chat").build()) {
        cache.start();
        provider.start();
        await(() -> provider.getInstance() != null, "provided");
        ServiceInstance<String> second = ServiceInstance.<String>builder()
            .name("chat").id("i2").address("127.0.0.1").port(8081).payload("y").build();
        offering.registerService(second);
        await(() -> cache.getInstances().size() == 2, "two");
        offering.unregisterService(second);
        await(() -> cache.getInstances().size() == 1, "one again");
      }
    }
  }

  static ServiceDiscoveryBuilder<String> discoveryOf(CuratorFramework client) {
    return ServiceDiscoveryBuilder.builder(String.class).client(client).basePath("/services");
  }
}
