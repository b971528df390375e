// The built-in rule packs by the name under which a configuration asks for them. A pack is dated data; the checks are in lib/domain/compliance.

import type { ComplianceRule } from '../../domain/compliance.ts';
import { POLICY_7Y } from './policy-7y.ts';
import { RU_152_FZ } from './ru-152-fz.ts';
import { RU_ACCOUNTING } from './ru-accounting.ts';

export const RULE_PACKS: Readonly<Record<string, readonly ComplianceRule[]>> = {
  'ru-152-fz': RU_152_FZ,
  'ru-accounting': RU_ACCOUNTING,
  'policy-7y': POLICY_7Y,
};
