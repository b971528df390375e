// Tests of due and missed slots, with clocks that jump: no slot twice, none lost without a word.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { nextSlot } from './cron.ts';
import { dueSlots, MISSED_LISTED_MAX, slotId } from './slots.ts';
import type { Schedule } from './cron.ts';

const DAILY = { cron: '0 2 * * *', timeZone: 'UTC' };
interface Asked {
  readonly schedule?: Schedule;
  readonly lastSlotAt?: string;
  readonly createdAt?: string;
  readonly now: string;
}

/** Instants as text on both sides, so that the cases can be read. */
function ask({ schedule = DAILY, lastSlotAt, createdAt = '2026-11-01T12:00:00Z', now }: Asked) {
  const { due, missed, nextAt, ...rest } = dueSlots({
    schedule,
    createdAt: Date.parse(createdAt),
    now: Date.parse(now),
    graceSeconds: 300,
    ...(lastSlotAt !== undefined && { lastSlotAt: Date.parse(lastSlotAt) }),
  });
  return { due: due && textOf(due.slotAt), missed: missed.map(textOf), nextAt: nextAt && textOf(nextAt), ...rest };
}

const textOf = (at: number): string => new Date(at).toISOString();

describe('due slots', () => {
  test('before the first slot - nothing due, the next one told', () => {
    expect(ask({ now: '2026-11-02T01:59:59Z' })).toEqual({
      due: undefined,
      missed: [],
      missedCount: 0,
      nextAt: '2026-11-02T02:00:00.000Z',
      clockBehindSeconds: 0,
    });
  });

  test('at the slot - due, not missed', () => {
    expect(ask({ now: '2026-11-02T02:00:00Z' })).toMatchObject({
      due: '2026-11-02T02:00:00.000Z',
      missed: [],
      nextAt: '2026-11-03T02:00:00.000Z',
    });
  });

  test('within the grace - still on time', () => {
    expect(ask({ now: '2026-11-02T02:05:00Z' })).toMatchObject({
      due: '2026-11-02T02:00:00.000Z',
      missed: [],
    });
  });

  test('past the grace - due and noticed as missed', () => {
    expect(ask({ now: '2026-11-02T02:05:01Z' })).toMatchObject({
      due: '2026-11-02T02:00:00.000Z',
      missed: ['2026-11-02T02:00:00.000Z'],
    });
  });

  test('three days of silence - one catch-up, three missed', () => {
    expect(ask({ lastSlotAt: '2026-11-02T02:00:00Z', now: '2026-11-05T12:00:00Z' })).toMatchObject({
      due: '2026-11-05T02:00:00.000Z',
      missed: ['2026-11-03T02:00:00.000Z', '2026-11-04T02:00:00.000Z', '2026-11-05T02:00:00.000Z'],
      missedCount: 3,
    });
  });

  test('slot started already - not due again', () => {
    expect(ask({ lastSlotAt: '2026-11-02T02:00:00Z', now: '2026-11-02T02:00:30Z' })).toMatchObject({
      due: undefined,
      missed: [],
    });
  });

  test('slots before the schedule came into being - nobody’s', () => {
    expect(ask({ createdAt: '2026-11-05T02:00:01Z', now: '2026-11-05T12:00:00Z' })).toMatchObject({
      due: undefined,
      missed: [],
    });
  });

  test('clock behind the last slot - nothing due, and it is said', () => {
    expect(ask({ lastSlotAt: '2090-01-01T02:00:00Z', now: '2026-11-05T12:00:00Z' })).toMatchObject({
      due: undefined,
      clockBehindSeconds: (Date.parse('2090-01-01T02:00:00Z') - Date.parse('2026-11-05T12:00:00Z')) / 1000,
      nextAt: '2090-01-02T02:00:00.000Z',
    });
  });

  test('a minute schedule that slept ten years - one catch-up, a bounded list, quickly', () => {
    const result = ask({
      schedule: { cron: '* * * * *', timeZone: 'UTC' },
      lastSlotAt: '2026-11-02T02:00:00Z',
      now: '2036-11-02T02:00:30Z',
    });

    expect(result.due).toBe('2036-11-02T02:00:00.000Z');
    expect(result.missed).toHaveLength(MISSED_LISTED_MAX);
    expect(result.missedCount).toBe('more');
  });

  test('a leap-day schedule after seven years - its newest slot is found', () => {
    const result = ask({
      schedule: { cron: '0 0 29 2 *', timeZone: 'UTC' },
      createdAt: '2027-01-01T00:00:00Z',
      now: '2034-11-02T00:00:00Z',
    });

    expect(result.missed).toEqual(['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z']);
  });

  test('slot id - store, schedule and instant in UTC', () => {
    expect(slotId({ store: 'orders-db', schedule: 'full', slotAt: Date.parse('2026-11-02T02:00:00Z') })).toBe(
      'orders-db/full/2026-11-02T02:00:00.000Z',
    );
  });
});

describe('any clock', () => {
  const schedules = fc.record({
    cron: fc.constantFrom(
      '0 2 * * *',
      '30 2 * * *',
      '*/15 * * * *',
      '0 */4 * * *',
      '0 0 1 * *',
      '30 1 * * 0',
      '0 0 29 2 *',
    ),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Europe/Moscow', 'America/New_York', 'Australia/Lord_Howe'),
  });
  const starts = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true });
  const HOUR = 3_600_000;
  const jumps = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 4 * HOUR }), fc.integer({ min: -40 * HOUR, max: 90 * HOUR })),
    { minLength: 1, maxLength: 15 },
  );

  test('ticks with random jumps - no slot twice, none lost without a word', () => {
    fc.assert(
      fc.property(schedules, starts, jumps, (schedule, start, steps) => {
        const createdAt = start.getTime();
        const accounted = new Set<number>();
        const started: number[] = [];
        let lastSlotAt: number | undefined;
        let now = start.getTime();
        let latest = now;
        for (const step of steps) {
          now += step;
          const { due, missed, missedCount, clockBehindSeconds } = dueSlots({
            schedule,
            createdAt,
            now,
            graceSeconds: 60,
            ...(lastSlotAt !== undefined && { lastSlotAt }),
          });
          if (missedCount === 'more') return;
          expect(clockBehindSeconds > 0).toBe(lastSlotAt !== undefined && now < lastSlotAt);
          for (const slot of missed) accounted.add(slot);
          if (due === undefined) continue;
          expect(due.slotAt).toBeLessThanOrEqual(now);
          started.push(due.slotAt);
          accounted.add(due.slotAt);
          lastSlotAt = due.slotAt;
          latest = Math.max(latest, now);
        }

        expect(new Set(started).size).toBe(started.length);
        expect([...started].sort((left, right) => left - right)).toEqual(started);
        let slot = nextSlot(schedule, start.getTime());
        while (slot !== undefined && slot <= latest) {
          expect(accounted).toContain(slot);
          slot = nextSlot(schedule, slot);
        }
      }),
      { numRuns: 120 },
    );
  });

  test('two ticks at once (trap 41) - the same slot, so the same id', () => {
    fc.assert(
      fc.property(schedules, starts, fc.integer({ min: 0, max: 1000 * HOUR }), (schedule, start, later) => {
        const request = {
          schedule,
          createdAt: start.getTime(),
          now: start.getTime() + later,
          graceSeconds: 60,
        };

        expect(dueSlots(request)).toEqual(dueSlots({ ...request }));
      }),
      { numRuns: 100 },
    );
  });
});
