// The rules that hold for every backup whatever a configuration says: encrypted, present, verified, kept, and openable by a second key.

import type { ComplianceRule, RuleKind } from '../compliance.ts';
import { DATA_TYPES } from '../compliance.ts';

/** Reserved: rules of a configuration may not begin so, and therefore cannot weaken the baseline. */
export const BASELINE_PREFIX = 'baseline-';

const VERIFY_WITHIN_DAYS = 30;

/** With the store's own age of verification; without one, thirty days. */
export function baselineRules(verifyWithinDays: number = VERIFY_WITHIN_DAYS): readonly ComplianceRule[] {
  return [
    baseline('encryption', { suites: ['AES-256-GCM', 'ChaCha20-Poly1305'] }, [
      'Every copy is encrypted with an authenticated cipher.',
      'Все копии зашифрованы с проверкой подлинности.',
    ]),
    baseline('copies', { distinctFailureDomains: true }, [
      'Every copy that the policy demands is present, no two in one failure domain.',
      'Все требуемые копии на месте, каждая в своём домене отказа.',
    ]),
    baseline('verification-age', { days: verifyWithinDays }, [
      'Every copy was read back and verified lately.',
      'Все копии недавно прочитаны и проверены.',
    ]),
    baseline('retention-window', {}, ['The backup is kept for some time.', 'Срок хранения копии не пуст.']),
    baseline('recovery-recipient', {}, [
      'Every data key is also wrapped for the recovery key.',
      'Каждый ключ данных завёрнут и для ключа восстановления.',
    ]),
  ];
}

function baseline(
  kind: RuleKind,
  params: ComplianceRule['params'],
  [en, ru]: readonly [string, string],
): ComplianceRule {
  return {
    id: `${BASELINE_PREFIX}${kind}`,
    kind,
    jurisdiction: '*',
    basis: 'policy',
    source: 'Holdfast baseline',
    effectiveFrom: '1970-01-01',
    reviewedAt: '2026-11-20',
    appliesTo: DATA_TYPES,
    params,
    text: { en, ru },
  };
}
