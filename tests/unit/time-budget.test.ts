import { expect, test } from 'vitest'
import { createTimeBudget } from '../../src/events/time-budget.ts'

const minute = 60_000

const budgetOf = (times: Record<string, number>) => {
  let now = 0
  const budget = createTimeBudget(() => now)
  for (let time = 0; time < 3; time++) for (const [key, ms] of Object.entries(times)) budget.note(key, ms)
  return { budget, wait: (ms: number) => (now += ms) }
}

test('there is time for those that are quick, beside each other, and none for who has no room there', () => {
  const { budget } = budgetOf({ large: 30, small: 5, medium: 20 })
  expect(budget.choose(['large', 'small', 'medium'], 40)).toEqual(['small', 'medium'])
  expect(budget.choose(['large'], 40)).toEqual(['large'])
})

test('of whom it is not known yet there is time, and so it is for who was slow once on a busy machine', () => {
  const { budget } = budgetOf({ one: 30, other: 30 })
  budget.note('other', 90)
  budget.note('one', 4)
  expect(budget.choose(['other', 'new', 'one'], 40)).toEqual(['new', 'one', 'other'])
})

test('what there was no room for is tried again after ten minutes', () => {
  const { budget, wait } = budgetOf({ large: 90 })
  expect(budget.choose(['large'], 40)).toEqual([])
  wait(11 * minute)
  expect(budget.choose(['large'], 40)).toEqual(['large'])
  budget.note('large', 3)
  expect(budget.choose(['large'], 40)).toEqual(['large'])
})

test('several that are done at once share the time', () => {
  const { budget } = budgetOf({})
  for (let time = 0; time < 3; time++) for (const key of ['a', 'b', 'c']) budget.note(key, 36, 3)
  expect(budget.choose(['a', 'b', 'c'], 40)).toEqual(['a', 'b', 'c'])
  expect(budget.choose(['a', 'b', 'c'], 30)).toEqual(['a', 'b'])
})
