/** Number, sum and extremes of what was observed (ZooKeeper: `AvgMinMaxCounter`). */
export class Summary {
  count = 0;
  sum = 0;
  /** 0 before the first observation. */
  min = 0;
  max = 0;

  /** Takes a value in, as often as it was observed. */
  add(value: number, times = 1): void {
    if (this.count === 0 || value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.count += times;
    this.sum += value * times;
  }

  /** 0 before the first observation. */
  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }
}
