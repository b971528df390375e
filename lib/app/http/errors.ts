// Errors in the platform's form (SPEC J2): {"errors":[{code,title,detail,source}]}; the code is the contract, the title is for people.

import { z } from 'zod';
import { ERROR_TABLE, asHoldfastError } from '../../domain/errors.ts';
import type { ErrorName, HoldfastError } from '../../domain/errors.ts';
import type { Language } from './language.ts';
import type { Answer } from './route.ts';

export const errorDocument = z
  .strictObject({
    errors: z.array(
      z.strictObject({
        code: z.string().meta({ description: 'UPPER_SNAKE; the contract', examples: ['NOT_FOUND'] }),
        title: z.string().meta({ description: 'In the language of Accept-Language: ru or en' }),
        detail: z.string().meta({ description: 'What was attempted and on what' }),
        source: z
          .strictObject({
            pointer: z.string().optional().meta({ description: 'JSON pointer into the body' }),
            parameter: z.string().optional().meta({ description: 'Name of a path, query or header parameter' }),
          })
          .optional(),
      }),
    ),
  })
  .meta({ id: 'Errors' });

export type ErrorDocument = z.infer<typeof errorDocument>;
export type ErrorItem = ErrorDocument['errors'][number];
type ErrorSource = NonNullable<ErrorItem['source']>;

/** One wrong field of a request. */
export interface Fault {
  readonly detail: string;
  readonly source: ErrorSource;
}

/** Several wrong fields at once: a caller should not have to find them one by one. */
export class RequestFaults extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => fault.detail).join('; '));
    this.faults = faults;
  }
}

export const parameterFault = (parameter: string, detail: string): RequestFaults =>
  new RequestFaults([{ detail, source: { parameter } }]);
export const pointerFault = (pointer: string, detail: string): RequestFaults =>
  new RequestFaults([{ detail, source: { pointer } }]);

/** Any error as an answer. Nothing of an unexpected one is told but the request id, under which the log has it. */
export function errorAnswer(error: unknown, language: Language, requestId: string): Answer {
  if (error instanceof RequestFaults) {
    const items = error.faults.map((fault) => item('InvalidRequest', language, fault.detail, fault.source));
    return { status: ERROR_TABLE.InvalidRequest.status, body: { errors: items } };
  }
  const known = asHoldfastError(error);
  const isOurFault = known.name === 'Internal';
  const detail = isOurFault ? `unexpected error; the log has it under request '${requestId}'` : known.message;
  const headers = known.row.isRetryable ? { 'retry-after': RETRY_AFTER_SECONDS } : undefined;
  return {
    status: known.row.status,
    body: { errors: [item(known.name, language, detail, sourceOf(known))] },
    ...(headers !== undefined && { headers }),
  };
}

const RETRY_AFTER_SECONDS = '5';
const DETAIL_LENGTH_MAX = 2000;

function item(name: ErrorName, language: Language, detail: string, source: ErrorSource | undefined): ErrorItem {
  const { code, title } = ERROR_TABLE[name];
  return { code, title: title[language], detail: printable(detail), ...(source !== undefined && { source }) };
}

function sourceOf(error: HoldfastError): ErrorSource | undefined {
  const { pointer, parameter } = error.facts;
  if (typeof pointer === 'string') return { pointer };
  return typeof parameter === 'string' ? { parameter } : undefined;
}

/** Names from a source may carry terminal escapes; an answer must be safe to print. */
export const printable = (text: string): string =>
  text
    .slice(0, DETAIL_LENGTH_MAX)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`,
    );
