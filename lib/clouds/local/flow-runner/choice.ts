// Evaluates the rules of a Choice. Comparisons are typed: the text "5" is never greater than the number 3.

import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { typeOfComparison } from '../../../flows/check-rule.ts';
import type { ChoiceState, Rule } from '../../../flows/machine.ts';
import { valueAt } from '../../../flows/paths.ts';
import { machineFault } from './failure.ts';

export function choose(state: ChoiceState, data: JsonObject): string {
  return state.Choices.find((choice) => isTrue(choice, data))?.Next ?? state.Default;
}

/** And and Or look only as far as needed, so that IsPresent can guard what stands behind it. */
function isTrue(rule: Rule, data: JsonObject): boolean {
  if (rule.And !== undefined) return rule.And.every((part) => isTrue(part, data));
  if (rule.Or !== undefined) return rule.Or.some((part) => isTrue(part, data));
  if (rule.Not !== undefined) return !isTrue(rule.Not, data);
  const path = rule.Variable ?? '';
  const value = valueAt(path, data);
  if (rule['IsPresent'] !== undefined) return (value !== undefined) === rule['IsPresent'];
  if (value === undefined)
    throw machineFault('States.Runtime', `the choice asks for '${path}', which is not in the data`);
  if (rule['IsNull'] !== undefined) return (value === null) === rule['IsNull'];
  return isComparisonTrue(rule, value);
}

function isComparisonTrue(rule: Rule, value: JsonValue): boolean {
  const operator = Object.keys(rule).find((field) => typeOfComparison(field) !== undefined) ?? '';
  const wanted = rule[operator] as string | number | boolean;
  if (typeof value !== typeOfComparison(operator)) return false;
  const left = value as string | number | boolean;
  switch (operator.replace(/^(String|Numeric|Boolean)/, '')) {
    case 'Equals':
      return left === wanted;
    case 'LessThan':
      return left < wanted;
    case 'GreaterThan':
      return left > wanted;
    case 'LessThanEquals':
      return left <= wanted;
    case 'GreaterThanEquals':
      return left >= wanted;
    default:
      throw machineFault('States.Runtime', `operator '${operator}' is outside the portable subset`);
  }
}
