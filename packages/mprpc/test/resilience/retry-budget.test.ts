import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRY_BUDGET_DEFAULTS, RetryBudget } from '../../src/resilience/retry-budget.ts';

const granted = (budget: RetryBudget, asked: number) =>
  Array.from({ length: asked }, () => budget.take()).filter(Boolean).length;

test('a fifth of the calls under way may be repeated at once, three always', () => {
  const few = new RetryBudget(RETRY_BUDGET_DEFAULTS);
  few.active = 5;
  assert.equal(granted(few, 10), 3);
  const many = new RetryBudget(RETRY_BUDGET_DEFAULTS);
  many.active = 100;
  assert.equal(granted(many, 50), 20);
  assert.equal(many.refused, 30);
  many.giveBack();
  assert.equal(granted(many, 2), 1);
});
