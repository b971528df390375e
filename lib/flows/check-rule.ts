// Checks the rules of a Choice: And, Or, Not, IsPresent, IsNull and typed comparisons with a constant.

import { isFields, shown, type Fields, type Report } from './faults.ts';
import { isDataPath } from './paths.ts';

const COMPARISON = /^(String|Numeric)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)$|^BooleanEquals$/;
const VALUE_TYPES: Readonly<Record<string, string>> = { String: 'string', Numeric: 'number', Boolean: 'boolean' };

/** The type that a comparison wants of the variable and of its constant, or undefined when it is none of the subset. */
export function typeOfComparison(operator: string): string | undefined {
  const found = COMPARISON.exec(operator);
  return found === null ? undefined : VALUE_TYPES[found[1] ?? 'Boolean'];
}

export function checkChoices(value: unknown, report: Report): void {
  if (!Array.isArray(value) || value.length === 0) {
    report('is no list of choices', 'write at least one');
    return;
  }
  for (const choice of value as unknown[]) {
    if (!isFields(choice)) report('holds something else than an object', 'write a rule with its Next');
    else checkRule(choice, report, ['Next', 'Comment']);
  }
}

/** Only the outermost rule may say where to go. */
function checkRule(rule: Fields, report: Report, besides: readonly string[] = []): void {
  const fields = Object.keys(rule).filter((field) => !besides.includes(field));
  const connective = ['And', 'Or', 'Not'].find((field) => field in rule);
  if (connective === undefined) {
    checkComparison(rule, fields, report);
    return;
  }
  if (fields.length > 1) report(`'${connective}' has company`, 'write one of And, Or, Not or a comparison per rule');
  checkConnected(connective, rule[connective], report);
}

function checkConnected(connective: string, value: unknown, report: Report): void {
  const parts: readonly unknown[] = connective === 'Not' ? [value] : Array.isArray(value) ? value : [];
  if (parts.length === 0) report(`'${connective}' connects nothing`, 'list its rules');
  for (const part of parts) {
    if (isFields(part)) checkRule(part, report);
    else report(`'${connective}' holds something else than a rule`, 'write an object');
  }
}

function checkComparison(rule: Fields, fields: readonly string[], report: Report): void {
  if (!isDataPath(rule['Variable']))
    report(`Variable ${shown(rule['Variable'])} is outside the subset`, "write '$.a.b'");
  const operators = fields.filter((field) => field !== 'Variable');
  if (operators.length !== 1) {
    report(`a rule has ${operators.length} operators`, 'write exactly one, connect several by And');
    return;
  }
  const operator = operators[0] ?? '';
  const type = operator === 'IsPresent' || operator === 'IsNull' ? 'boolean' : typeOfComparison(operator);
  if (type === undefined) {
    report(
      `operator '${operator}' is outside the subset`,
      'let the task before answer with a boolean and compare that',
    );
  } else if (typeof rule[operator] !== type) {
    report(`'${operator}' compares with ${shown(rule[operator])}`, `write a ${type}`);
  }
}
