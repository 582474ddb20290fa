/** Number, sum and extremes of what was observed (ZooKeeper: `AvgMinMaxCounter`). */
export class Summary {
  count = 0;
  sum = 0;
  /** 0 before the first observation. */
  min = 0;
  max = 0;

  add(value: number): void {
    if (this.count === 0 || value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.count++;
    this.sum += value;
  }

  /** 0 before the first observation. */
  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }
}
