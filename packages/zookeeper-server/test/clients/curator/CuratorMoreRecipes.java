import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.CachedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicValue;
import org.apache.curator.framework.recipes.atomic.PromotedToLock;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheBridge;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphore;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Locker;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.framework.recipes.nodes.PersistentEphemeralNode;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedIdQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueAllocator;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.QueueSharder;
import org.apache.curator.framework.recipes.queue.QueueSharderPolicies;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.framework.recipes.shared.SharedValueListener;
import org.apache.curator.framework.recipes.shared.SharedValueReader;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** Drives the recipes of Curator that CuratorExercise leaves out. */
public class CuratorMoreRecipes extends Exercises {
  public static void main(String[] args) throws Exception {
    server = args[0];
    int failed = 0;
    failed += exercise("semaphore-mutex", CuratorMoreRecipes::semaphoreMutex);
    failed += exercise("old-semaphore", CuratorMoreRecipes::oldSemaphore);
    failed += exercise("multi-lock", CuratorMoreRecipes::multiLock);
    failed += exercise("revocable-lock", CuratorMoreRecipes::revocableLock);
    failed += exercise("locker", CuratorMoreRecipes::locker);
    failed += exercise("leader-selector", CuratorMoreRecipes::leaderSelector);
    failed += exercise("barrier", CuratorMoreRecipes::barrier);
    failed += exercise("atomic-integer", CuratorMoreRecipes::atomicInteger);
    failed += exercise("atomic-value", CuratorMoreRecipes::atomicValue);
    failed += exercise("cached-atomics", CuratorMoreRecipes::cachedAtomics);
    failed += exercise("shared-value", CuratorMoreRecipes::sharedValue);
    failed += exercise("distributed-queue", CuratorMoreRecipes::distributedQueue);
    failed += exercise("safe-queue", CuratorMoreRecipes::safeQueue);
    failed += exercise("id-queue", CuratorMoreRecipes::idQueue);
    failed += exercise("priority-queue", CuratorMoreRecipes::priorityQueue);
    failed += exercise("delay-queue", CuratorMoreRecipes::delayQueue);
    failed += exercise("queue-sharder", CuratorMoreRecipes::queueSharder);
    failed += exercise("persistent-ephemeral-node", CuratorMoreRecipes::persistentEphemeralNode);
    failed += exercise("persistent-watcher", CuratorMoreRecipes::persistentWatcher);
    failed += exercise("cache-bridge", CuratorMoreRecipes::cacheBridge);
    failed += exercise("session-loss", CuratorMoreRecipes::sessionLoss);
    System.exit(failed);
  }

  static void semaphoreMutex(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessSemaphoreMutex mine = new InterProcessSemaphoreMutex(one, "/semaphore-mutex");
    InterProcessSemaphoreMutex theirs = new InterProcessSemaphoreMutex(two, "/semaphore-mutex");
    mine.acquire();
    check(!theirs.acquire(100, TimeUnit.MILLISECONDS), "not while the other holds it");
    mine.release();
    check(theirs.acquire(10, TimeUnit.SECONDS), "afterwards");
    theirs.release();
  }

  @SuppressWarnings("deprecation")
  static void oldSemaphore(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessSemaphore mine = new InterProcessSemaphore(one, "/old-semaphore", 2);
    InterProcessSemaphore theirs = new InterProcessSemaphore(two, "/old-semaphore", 2);
    Lease first = mine.acquire();
    Lease second = theirs.acquire();
    check(mine.acquire(100, TimeUnit.MILLISECONDS) == null, "only two leases");
    theirs.returnLease(second);
    Lease third = mine.acquire(10, TimeUnit.SECONDS);
    check(third != null, "the returned one");
    mine.returnAll(Arrays.asList(first, third));
  }

  static void multiLock(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessMultiLock both = new InterProcessMultiLock(one, Arrays.asList("/multi-lock/a", "/multi-lock/b"));
    InterProcessMutex b = new InterProcessMutex(two, "/multi-lock/b");
    b.acquire();
    check(!both.acquire(100, TimeUnit.MILLISECONDS), "both or none");
    InterProcessMutex a = new InterProcessMutex(two, "/multi-lock/a");
    check(a.acquire(10, TimeUnit.SECONDS), "none is left locked");
    a.release();
    b.release();
    check(both.acquire(10, TimeUnit.SECONDS), "both");
    check(!b.acquire(100, TimeUnit.MILLISECONDS), "held");
    both.release();
  }

  static void revocableLock(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessMutex mine = new InterProcessMutex(one, "/revocable");
    CountDownLatch asked = new CountDownLatch(1);
    mine.makeRevocable(lock -> asked.countDown());
    mine.acquire();
    InterProcessMutex theirs = new InterProcessMutex(two, "/revocable");
    String holder = theirs.getParticipantNodes().iterator().next();
    Revoker.attemptRevoke(two, holder);
    check(asked.await(10, TimeUnit.SECONDS), "the holder is asked");
    mine.release();
    check(theirs.acquire(10, TimeUnit.SECONDS), "and lets go");
    theirs.release();
  }

  static void locker(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessMutex other = new InterProcessMutex(two, "/locker");
    try (Locker held = new Locker(new InterProcessMutex(one, "/locker"), 10, TimeUnit.SECONDS)) {
      check(!other.acquire(100, TimeUnit.MILLISECONDS), "held");
    }
    check(other.acquire(10, TimeUnit.SECONDS), "released at the end of the block");
    other.release();
  }

  static void leaderSelector(CuratorFramework one, CuratorFramework two) throws Exception {
    AtomicInteger leaders = new AtomicInteger();
    AtomicInteger turns = new AtomicInteger();
    AtomicBoolean collided = new AtomicBoolean();
    LeaderSelectorListenerAdapter listener = new LeaderSelectorListenerAdapter() {
      @Override
      public void takeLeadership(CuratorFramework client) {
        if (leaders.incrementAndGet() > 1) collided.set(true);
        turns.incrementAndGet();
        leaders.decrementAndGet();
      }
    };
    try (LeaderSelector a = new LeaderSelector(one, "/selector", listener);
        LeaderSelector b = new LeaderSelector(two, "/selector", listener)) {
      a.setId("a");
      b.setId("b");
      a.autoRequeue();
      b.autoRequeue();
      a.start();
      b.start();
      await(() -> turns.get() >= 20, "twenty turns");
      await(() -> a.getParticipants().size() == 2, "both to take part");
    }
    check(!collided.get(), "one leader at a time");
  }

  static void barrier(CuratorFramework one, CuratorFramework two) throws Exception {
    DistributedBarrier barrier = new DistributedBarrier(one, "/barrier");
    barrier.setBarrier();
    DistributedBarrier waiting = new DistributedBarrier(two, "/barrier");
    check(!waiting.waitOnBarrier(100, TimeUnit.MILLISECONDS), "closed");
    barrier.removeBarrier();
    check(waiting.waitOnBarrier(10, TimeUnit.SECONDS), "open");
  }

  static void atomicInteger(CuratorFramework one, CuratorFramework two) throws Exception {
    PromotedToLock promoted = PromotedToLock.builder().lockPath("/atomic-integer-lock")
        .timeout(10, TimeUnit.SECONDS).retryPolicy(new RetryNTimes(200, 5)).build();
    RetryNTimes retry = new RetryNTimes(3, 5);
    DistributedAtomicInteger mine = new DistributedAtomicInteger(one, "/atomic-integer", retry, promoted);
    DistributedAtomicInteger theirs = new DistributedAtomicInteger(two, "/atomic-integer", retry, promoted);
    List<Thread> threads = new ArrayList<>();
    AtomicInteger succeeded = new AtomicInteger();
    for (DistributedAtomicInteger each : Arrays.asList(mine, theirs, mine, theirs)) {
      Thread thread = new Thread(() -> {
        for (int i = 0; i < 25; i++) {
          try {
            if (each.increment().succeeded()) succeeded.incrementAndGet();
          } catch (Exception error) {
            throw new RuntimeException(error);
          }
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    check(succeeded.get() == 100, "promoted to a lock every increment succeeds: " + succeeded);
    check(mine.get().postValue() == 100, "a hundred");
    check(!mine.compareAndSet(7, 8).succeeded(), "compare");
    check(mine.compareAndSet(100, 8).succeeded(), "and set");
  }

  static void atomicValue(CuratorFramework one, CuratorFramework two) throws Exception {
    DistributedAtomicValue mine = new DistributedAtomicValue(one, "/atomic-value", new RetryNTimes(3, 5));
    DistributedAtomicValue theirs = new DistributedAtomicValue(two, "/atomic-value", new RetryNTimes(3, 5));
    check(mine.initialize("a".getBytes()), "initialized");
    check(!theirs.initialize("b".getBytes()), "once");
    AtomicValue<byte[]> swapped = theirs.trySet("c".getBytes());
    check(swapped.succeeded() && Arrays.equals(swapped.preValue(), "a".getBytes()), "swapped");
    check(Arrays.equals(mine.get().postValue(), "c".getBytes()), "seen");
  }

  static void cachedAtomics(CuratorFramework one, CuratorFramework two) throws Exception {
    RetryNTimes retry = new RetryNTimes(10, 5);
    CachedAtomicLong longs = new CachedAtomicLong(new DistributedAtomicLong(one, "/cached-long", retry), 10);
    CachedAtomicLong others = new CachedAtomicLong(new DistributedAtomicLong(two, "/cached-long", retry), 10);
    java.util.Set<Long> seen = new java.util.HashSet<>();
    for (int i = 0; i < 25; i++) {
      check(seen.add(longs.next().postValue()), "no number twice");
      check(seen.add(others.next().postValue()), "no number twice");
    }
    CachedAtomicInteger integers =
        new CachedAtomicInteger(new DistributedAtomicInteger(one, "/cached-integer", retry), 5);
    for (int i = 0; i < 12; i++) check(integers.next().succeeded(), "next");
  }

  static void sharedValue(CuratorFramework one, CuratorFramework two) throws Exception {
    try (SharedValue mine = new SharedValue(one, "/shared-value", "seed".getBytes());
        SharedValue theirs = new SharedValue(two, "/shared-value", "other".getBytes())) {
      mine.start();
      theirs.start();
      check(Arrays.equals(theirs.getValue(), "seed".getBytes()), "the first seed stays");
      BlockingQueue<String> changes = new LinkedBlockingQueue<>();
      theirs.getListenable().addListener(new SharedValueListener() {
        @Override
        public void valueHasChanged(SharedValueReader value, byte[] fresh) {
          changes.add(new String(fresh));
        }

        @Override
        public void stateChanged(CuratorFramework client, ConnectionState state) {}
      });
      VersionedValue<byte[]> before = mine.getVersionedValue();
      check(mine.trySetValue(before, "next".getBytes()), "set");
      // Curator tells of the value once more when it learns that it is connected.
      await(() -> "next".equals(changes.poll()), "the change");
      check(!mine.trySetValue(before, "late".getBytes()), "not from an old version");
    }
  }

  static final QueueSerializer<String> TEXT = new QueueSerializer<String>() {
    @Override
    public byte[] serialize(String item) {
      return item.getBytes();
    }

    @Override
    public String deserialize(byte[] bytes) {
      return new String(bytes);
    }
  };

  static QueueConsumer<String> into(BlockingQueue<String> taken) {
    return new QueueConsumer<String>() {
      @Override
      public void consumeMessage(String message) {
        taken.add(message);
      }

      @Override
      public void stateChanged(CuratorFramework client, ConnectionState state) {}
    };
  }

  static List<String> take(BlockingQueue<String> taken, int count) throws Exception {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < count; i++) items.add(String.valueOf(taken.poll(10, TimeUnit.SECONDS)));
    return items;
  }

  static void distributedQueue(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    try (DistributedQueue<String> source = QueueBuilder.builder(one, null, TEXT, "/queue-plain").buildQueue();
        DistributedQueue<String> sink = QueueBuilder.builder(two, into(taken), TEXT, "/queue-plain").buildQueue()) {
      source.start();
      sink.start();
      for (String item : Arrays.asList("a", "b", "c")) source.put(item);
      check(take(taken, 3).equals(Arrays.asList("a", "b", "c")), "in order");
    }
  }

  static void safeQueue(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    try (DistributedQueue<String> source = QueueBuilder.builder(one, null, TEXT, "/queue-safe").buildQueue();
        DistributedQueue<String> sink = QueueBuilder.builder(two, into(taken), TEXT, "/queue-safe")
            .lockPath("/queue-safe-locks").buildQueue()) {
      source.start();
      sink.start();
      for (int i = 0; i < 20; i++) source.put("item " + i);
      List<String> items = take(taken, 20);
      check(new java.util.HashSet<>(items).size() == 20 && !items.contains("null"), "each once: " + items);
    }
  }

  static void idQueue(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    try (DistributedIdQueue<String> source = QueueBuilder.builder(one, null, TEXT, "/queue-id").buildIdQueue()) {
      source.start();
      source.put("kept", "1");
      source.put("removed", "2");
      source.flushPuts(10, TimeUnit.SECONDS);
      check(source.remove("2") == 1, "removed by its id");
      try (DistributedIdQueue<String> sink =
          QueueBuilder.builder(two, into(taken), TEXT, "/queue-id").buildIdQueue()) {
        sink.start();
        check(take(taken, 1).equals(Collections.singletonList("kept")), "the other one");
      }
    }
  }

  static void priorityQueue(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    try (DistributedPriorityQueue<String> source =
        QueueBuilder.builder(one, null, TEXT, "/queue-priority").buildPriorityQueue(1)) {
      source.start();
      source.put("low", 10);
      source.put("high", 1);
      source.put("middle", 5);
      source.flushPuts(10, TimeUnit.SECONDS);
      try (DistributedPriorityQueue<String> sink =
          QueueBuilder.builder(two, into(taken), TEXT, "/queue-priority").buildPriorityQueue(1)) {
        sink.start();
        check(take(taken, 3).equals(Arrays.asList("high", "middle", "low")), "by priority");
      }
    }
  }

  static void delayQueue(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    try (DistributedDelayQueue<String> source =
            QueueBuilder.builder(one, null, TEXT, "/queue-delay").buildDelayQueue();
        DistributedDelayQueue<String> sink =
            QueueBuilder.builder(two, into(taken), TEXT, "/queue-delay").buildDelayQueue()) {
      source.start();
      sink.start();
      long now = System.currentTimeMillis();
      source.put("later", now + 400);
      source.put("soon", now + 100);
      check(take(taken, 2).equals(Arrays.asList("soon", "later")), "when it is time");
      check(System.currentTimeMillis() >= now + 400, "not before");
    }
  }

  static void queueSharder(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    QueueAllocator<String, DistributedQueue<String>> allocator =
        (client, path) -> QueueBuilder.builder(client, into(taken), TEXT, path).buildQueue();
    QueueSharderPolicies policies = QueueSharderPolicies.builder().newQueueThreshold(2).thresholdCheckMs(1).build();
    try (QueueSharder<String, DistributedQueue<String>> sharder = new QueueSharder<>(
        one, allocator, "/queue-sharded", "/queue-sharder-leader", policies)) {
      sharder.start();
      for (int i = 0; i < 20; i++) sharder.getQueue().put("item " + i);
      check(new java.util.HashSet<>(take(taken, 20)).size() == 20, "each once");
      check(sharder.getShardQty() >= 1, "shards");
    }
  }

  @SuppressWarnings("deprecation")
  static void persistentEphemeralNode(CuratorFramework one, CuratorFramework two) throws Exception {
    try (PersistentEphemeralNode node = new PersistentEphemeralNode(
        one, PersistentEphemeralNode.Mode.PROTECTED_EPHEMERAL, "/stays", "x".getBytes())) {
      node.start();
      check(node.waitForInitialCreate(10, TimeUnit.SECONDS), "made");
      String path = node.getActualPath();
      long before = two.checkExists().forPath(path).getCzxid();
      two.delete().forPath(path);
      await(() -> two.checkExists().forPath(node.getActualPath()) != null
          && two.checkExists().forPath(node.getActualPath()).getCzxid() > before, "made again");
    }
  }

  static void persistentWatcher(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
    try (PersistentWatcher watcher = new PersistentWatcher(one, "/seen", true)) {
      watcher.getListenable().addListener(events::add);
      CountDownLatch armed = new CountDownLatch(1);
      watcher.getResetListenable().addListener(armed::countDown);
      watcher.start();
      check(armed.await(10, TimeUnit.SECONDS), "armed");
      two.create().creatingParentsIfNeeded().forPath("/seen/a/b");
      two.delete().forPath("/seen/a/b");
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        WatchedEvent event = events.poll(10, TimeUnit.SECONDS);
        seen.add(event == null ? "nothing" : event.getType() + " " + event.getPath());
      }
      check(seen.equals(Arrays.asList("NodeCreated /seen", "NodeCreated /seen/a",
          "NodeCreated /seen/a/b", "NodeDeleted /seen/a/b")), "events: " + seen);
    }
  }

  static void cacheBridge(CuratorFramework one, CuratorFramework two) throws Exception {
    two.create().creatingParentsIfNeeded().forPath("/bridged/a", "1".getBytes());
    try (CuratorCacheBridge cache = CuratorCache.bridgeBuilder(one, "/bridged").build()) {
      cache.start();
      await(() -> cache.get("/bridged/a").isPresent(), "what was there");
      two.setData().forPath("/bridged/a", "2".getBytes());
      await(() -> Arrays.equals(cache.get("/bridged/a").get().getData(), "2".getBytes()), "the change");
      two.delete().forPath("/bridged/a");
      await(() -> !cache.get("/bridged/a").isPresent(), "the end");
    }
  }

  /** A session that ends: locks and ephemeral nodes go, caches and persistent nodes come back. */
  static void sessionLoss(CuratorFramework one, CuratorFramework two) throws Exception {
    CountDownLatch lost = new CountDownLatch(1);
    CountDownLatch back = new CountDownLatch(1);
    one.getConnectionStateListenable().addListener((client, state) -> {
      if (state == ConnectionState.LOST) lost.countDown();
      if (state == ConnectionState.RECONNECTED) back.countDown();
    });
    InterProcessMutex mutex = new InterProcessMutex(one, "/loss/lock");
    mutex.acquire();
    try (PersistentNode node =
        new PersistentNode(one, CreateMode.EPHEMERAL, false, "/loss/node", "x".getBytes())) {
      node.start();
      check(node.waitForInitialCreate(10, TimeUnit.SECONDS), "made");
      long owner = two.checkExists().forPath("/loss/node").getEphemeralOwner();
      // Closing a second handle on the session ends it, as ZooKeeper's documentation advises for tests.
      ZooKeeper first = one.getZookeeperClient().getZooKeeper();
      CountDownLatch connected = new CountDownLatch(1);
      try (ZooKeeper second = new ZooKeeper(server, 10_000, event -> {
        if (event.getState() == KeeperState.SyncConnected) connected.countDown();
      }, first.getSessionId(), first.getSessionPasswd())) {
        check(connected.await(10, TimeUnit.SECONDS), "a second handle");
      }
      check(lost.await(20, TimeUnit.SECONDS), "lost");
      check(back.await(20, TimeUnit.SECONDS), "back");
      InterProcessMutex theirs = new InterProcessMutex(two, "/loss/lock");
      check(theirs.acquire(10, TimeUnit.SECONDS), "the lock went with the session");
      theirs.release();
      await(() -> two.checkExists().forPath("/loss/node") != null
          && two.checkExists().forPath("/loss/node").getEphemeralOwner() != owner, "the node of the new session");
    }
  }
}
