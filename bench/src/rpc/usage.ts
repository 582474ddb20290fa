import { GCProfiler, getHeapStatistics } from 'node:v8';

/** What a process has used up in a while. */
export interface Usage {
  /** User and system time. */
  cpuUs: number;
  /** Bytes of objects made on the JavaScript heap. Buffers' memory lies outside of it and is not counted. */
  heapBytes: number;
}

/**
 * Begins to measure this process; the function returned ends it. Allocation is the growth of the heap between
 * garbage collections, added up: V8 tells its size before and after each of them.
 */
export function measureUsage(): () => Usage {
  const collections = new GCProfiler();
  collections.start();
  const cpu = process.cpuUsage();
  let size = getHeapStatistics().used_heap_size;
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    const last = getHeapStatistics().used_heap_size;
    let heapBytes = 0;
    for (const { beforeGC, afterGC } of collections.stop().statistics) {
      heapBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - size);
      size = afterGC.heapStatistics.usedHeapSize;
    }
    return { cpuUs: user + system, heapBytes: heapBytes + Math.max(0, last - size) };
  };
}
