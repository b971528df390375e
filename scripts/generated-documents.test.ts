// Tests the hint that a stale generated document comes with.
import { expect, test } from '@jest/globals';

import { firstDifference, staleDocuments } from './generated-documents.ts';

test('a line differs - the hint shows the first such line in both', () => {
  expect(firstDifference('a\nb\nc', 'a\nx\ny')).toBe("line 2 is 'b', generated is 'x'");
});

test('the file has more lines than are generated - the hint shows the first of them', () => {
  expect(firstDifference('a\nb', 'a')).toBe("line 2 is 'b', generated is missing");
});

test('a document that is not in the repository - is stale', async () => {
  const complaints = await staleDocuments([{ file: 'docs/reference/no-such-file.md', render: () => 'text' }]);

  expect(complaints).toEqual([expect.stringContaining('no-such-file.md: the file is missing')]);
});
