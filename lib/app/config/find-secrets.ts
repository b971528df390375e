// Finds secrets that stand in a configuration: they are refused by their key and never repeated.

import { isMap, isPair, isScalar, visit } from 'yaml';

import type { Problem } from './problem.ts';
import { secretIn } from './secret-pattern.ts';
import type { Path, SourceText } from './source-text.ts';

export function findSecrets(source: SourceText): readonly Problem[] {
  const problems: Problem[] = [];
  visit(source.document, {
    Scalar(position, node, ancestors) {
      if (position === 'key' || typeof node.value !== 'string') return;
      const path = pathOf(ancestors, node);
      const key = path.findLast((step) => typeof step === 'string') ?? '';
      const what = secretIn(key, node.value);
      if (what === undefined) return;
      const cure =
        'move it to an environment variable or a 0600 file and refer to it by credentialRef: env:NAME or file:path';
      // The place is the key's, because the value must not be shown.
      problems.push(
        source.problem(
          { name: 'SecretInConfiguration', message: `a secret stands in the file: ${what}`, cure },
          path,
          source.positionOfKey(path),
        ),
      );
    },
  });
  return problems;
}

function pathOf(ancestors: readonly unknown[], node: unknown): Path {
  const path: (string | number)[] = [];
  for (const [index, ancestor] of ancestors.entries()) {
    const child = ancestors[index + 1] ?? node;
    if (isPair(ancestor)) path.push(isScalar(ancestor.key) ? String(ancestor.key.value) : '?');
    else if (typeof ancestor === 'object' && ancestor !== null && 'items' in ancestor && !isMap(ancestor))
      path.push((ancestor.items as unknown[]).indexOf(child));
  }
  return path;
}
