// The policies in force as the API shows them: field by field, because connection data is nobody's business who only looks.

import { z } from 'zod';
import type { LocationPolicy, StorePolicy } from '../../domain/store-policy.ts';

const policyView = z
  .object({
    store: z.string(),
    service: z.string(),
    owner: z.string(),
    engine: z.string(),
    method: z.string(),
    serviceLevel: z.string(),
    dataType: z.string(),
    rpoSeconds: z.number(),
    rtoSeconds: z.number(),
    schedules: z.array(z.object({ id: z.string(), cron: z.string(), timeZone: z.string(), type: z.string() })),
    copies: z.array(z.object({ role: z.string(), location: z.string() })),
    keep: z.object({
      daily: z.string().optional(),
      weekly: z.string().optional(),
      monthly: z.string().optional(),
      yearly: z.string().optional(),
    }),
    rules: z.array(
      z.object({ id: z.string(), kind: z.string(), basis: z.enum(['law', 'policy']), source: z.string() }),
    ),
    verifyWithinDays: z.number(),
    compression: z.object({ algorithm: z.string(), level: z.number() }),
    encryption: z.string(),
  })
  .meta({ id: 'StorePolicy' });

const locationView = z
  .object({
    name: z.string(),
    kind: z.string(),
    country: z.string(),
    region: z.string(),
    dataCenter: z.string(),
    failureDomain: z.string(),
    lockPeriod: z.string().optional(),
  })
  .meta({ id: 'Location' });

export const policiesView = z
  .object({ stores: z.array(policyView), locations: z.array(locationView) })
  .meta({ id: 'Policies' });

export const viewOfPolicy = (policy: StorePolicy): z.infer<typeof policyView> => ({
  store: policy.store,
  service: policy.service,
  owner: policy.owner,
  engine: policy.engine,
  method: policy.method,
  serviceLevel: policy.serviceLevel,
  dataType: policy.dataType,
  rpoSeconds: policy.rpoSeconds,
  rtoSeconds: policy.rtoSeconds,
  schedules: policy.schedules.map(({ id, cron, timeZone, type }) => ({ id, cron, timeZone, type })),
  copies: policy.copies.map(({ role, location }) => ({ role, location })),
  keep: policy.keep,
  rules: policy.rules.map(({ id, kind, basis, source }) => ({ id, kind, basis, source })),
  verifyWithinDays: policy.verifyWithinDays,
  compression: policy.compression,
  encryption: policy.encryption,
});

export const viewOfLocation = ({
  name,
  kind,
  country,
  region,
  dataCenter,
  failureDomain,
  lockPeriod,
}: LocationPolicy): z.infer<typeof locationView> => ({
  name,
  kind,
  country,
  region,
  dataCenter,
  failureDomain,
  lockPeriod,
});
