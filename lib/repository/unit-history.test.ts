import { describe, expect, test } from '@jest/globals';

import {
  NO_FACTS,
  aContext,
  entriesOf,
  indexOf,
  meta,
  noise,
  openWriter,
  prose,
  readUnit,
  summaryOf,
  verifyWhole,
  writeFile,
  writeUnit,
} from '../../test/fakes/repository-kit.ts';
import { comparePaths } from '../domain/entry.ts';
import { openUnit } from './unit-reader.ts';

describe('previous point', () => {
  async function twoAttempts() {
    const context = aContext();
    const names = Array.from({ length: 300 }, (_, i) => `d${String(i % 7)}/f${String(i).padStart(3, '0')}`).sort(
      (left, right) => comparePaths(Buffer.from(left), Buffer.from(right)),
    );
    const tree = Object.fromEntries(
      names.map((name, i) => [name, i % 2 === 0 ? noise(i * 10, name) : prose(i * 10, name)]),
    );
    const first = await writeUnit(context, tree);
    const writer = await openWriter(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first), previous: first });
    return { context, names, tree, first, writer };
  }

  test('paths asked in order, in disorder and missing - are answered as the previous point has them', async () => {
    const { names, tree, writer } = await twoAttempts();
    const asked = [
      ...names,
      ...names.toReversed(),
      'nowhere',
      'd3',
      'zzz',
      '',
      ...names.slice(40, 60),
      names[59]!,
      names[59]!,
    ];

    for (const name of asked) {
      const found = await writer.previous(Buffer.from(name));
      expect([name, found?.sizeBytes]).toEqual([name, tree[name]?.length]);
    }
  });

  test('reused files - keep their content under new metadata and nothing is read or stored', async () => {
    const { context, names, tree, writer } = await twoAttempts();
    for (const name of names) await writer.reuse(meta(name, { mode: 0o400 }));

    const unit = await writer.seal(NO_FACTS);

    expect(unit).toMatchObject({ packs: 0, needsAttempts: ['bkp_1.0.1'], entries: 300 });
    expect(unit.reusedBytes).toBe(Object.values(tree).reduce((sum, { length }) => sum + length, 0));
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
    expect((await entriesOf(await openUnit(context, unit))).every((entry) => entry.mode === 0o400)).toBe(true);
    await verifyWhole(context, unit);
  });

  test('a chain of three attempts - reads content of each', async () => {
    const { context, names, tree, first, writer } = await twoAttempts();
    const changed = names[0]!;
    const same = names.slice(1);
    await writeFile(writer, changed, noise(4000, 'second'));
    for (const name of same) await writer.reuse(meta(name));
    const second = await writer.seal(NO_FACTS);
    const third = await openWriter(context, {
      attempt: 'bkp_3.0.1',
      indexes: indexOf(first, second),
      previous: second,
    });
    for (const name of names) await third.reuse(meta(name));
    await writeFile(third, 'zz-new', noise(4000, 'third'));

    const unit = await third.seal(NO_FACTS);

    expect(unit.needsAttempts.toSorted()).toEqual(['bkp_1.0.1', 'bkp_2.0.1']);
    const expected = { ...tree, [changed]: noise(4000, 'second'), 'zz-new': noise(4000, 'third') };
    expect(await readUnit(context, unit)).toEqual(summaryOf(expected));
    await verifyWhole(context, unit);
  });

  test('a path that the previous point does not have - cannot be reused', async () => {
    const { writer } = await twoAttempts();

    await expect(writer.reuse(meta('nowhere'))).rejects.toMatchObject({ name: 'Internal' });
  });
});

describe('damaged history', () => {
  async function withHistory() {
    const context = aContext();
    const tree = { a: noise(30_000), b: prose(30_000) };
    const first = await writeUnit(context, tree);
    const again = async () => {
      const writer = await openWriter(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first), previous: first });
      for (const [name, content] of Object.entries(tree)) await writeFile(writer, name, content);
      return writer.seal(NO_FACTS);
    };
    return { context, tree, first, again };
  }

  test('a damaged index - costs space, is told, and the new unit needs nothing of it', async () => {
    const { context, tree, first, again } = await withHistory();
    context.location.tamper(first.index.key, flipAt(0.5));

    const unit = await again();

    expect(unit.needsAttempts).toEqual([]);
    expect(unit.facts.warnings).toEqual([expect.stringContaining("attempt 'bkp_1.0.1' is stored again")]);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });

  test('a lost previous manifest - is told, and everything is read again', async () => {
    const { context, tree, first, again } = await withHistory();
    context.location.lose(first.manifest.key);

    const unit = await again();

    expect(unit.facts.warnings).toEqual([expect.stringContaining('everything is read again')]);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });

  test('a lost repository object - comes back from the previous manifest, so that old content is still found', async () => {
    const { context, first, again } = await withHistory();
    context.location.lose('orders-db/repository');

    const unit = await again();

    expect(unit).toMatchObject({ packs: 0, needsAttempts: [first.attempt] });
    expect(context.location.keys()).toContain('orders-db/repository');
  });

  test('a lost repository object without a previous manifest - is not replaced by another repository', async () => {
    const { context, first } = await withHistory();
    context.location.lose('orders-db/repository');

    const opening = openWriter(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });

    await expect(opening).rejects.toMatchObject({ name: 'CopyMissing', facts: { key: 'orders-db/repository' } });
    expect(context.location.keys()).not.toContain('orders-db/repository');
  });
});

const flipAt =
  (part: number) =>
  (bytes: Buffer): Buffer => {
    bytes[Math.floor(bytes.length * part)]! ^= 1;
    return bytes;
  };
