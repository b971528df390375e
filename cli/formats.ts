// Numbers and times as people read them.

import { instantText, spanText } from '../lib/app/http/spans.ts';
import type { Language } from './terminal.ts';

export { spanText } from '../lib/app/http/spans.ts';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const STEP = 1024;

export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < BYTE_UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `20 Nov 2026 03:41 GMT+3 (37 h ago)`: the zone and the age always stand by. */
export function whenText(instant: string, zone: string, nowMilliseconds: number, language: Language): string {
  return `${instantText(instant, zone, language)} (${ageText(instant, nowMilliseconds, language)})`;
}

export function ageText(instant: string, nowMilliseconds: number, language: Language): string {
  const seconds = (nowMilliseconds - Date.parse(instant)) / 1000;
  const span = spanText(Math.abs(seconds), language);
  if (seconds < 0) return language === 'ru' ? `через ${span}` : `in ${span}`;
  return language === 'ru' ? `${span} назад` : `${span} ago`;
}

export const percentText = (done: number, total: number): string =>
  total <= 0 ? '' : `${Math.min(100, Math.floor((done / total) * 100))} %`;
