// Spans and instants in the words of people, always with the zone (a time without one has sent people to the wrong backup).

type TextLanguage = 'en' | 'ru';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = {
  en: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  ru: { day: 'д', hour: 'ч', minute: 'мин', second: 'с' },
} as const;

/** Two units at most, as a person would say it: `37 h`, `3 min`, `2 d 4 h`. Below two days in hours, because goals are. */
export function spanText(seconds: number, language: TextLanguage): string {
  const unit = UNITS[language];
  const whole = Math.floor(seconds);
  if (whole < MINUTE) return `${whole} ${unit.second}`;
  if (whole < HOUR) return two(whole, MINUTE, unit.minute, 1, unit.second, 5 * MINUTE);
  if (whole < 2 * DAY) return two(whole, HOUR, unit.hour, MINUTE, unit.minute, 12 * HOUR);
  return two(whole, DAY, unit.day, HOUR, unit.hour, 7 * DAY);
}

/** The smaller unit is left out when it is zero, or when the span is so long that it tells nothing. */
function two(
  seconds: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
  plainAbove: number,
): string {
  const main = `${Math.floor(seconds / large)} ${largeName}`;
  const rest = Math.floor((seconds % large) / small);
  return rest === 0 || seconds >= plainAbove ? main : `${main} ${rest} ${smallName}`;
}

export function instantText(instant: string, timeZone: string, language: TextLanguage): string {
  const parts = new Intl.DateTimeFormat(language === 'ru' ? 'ru-RU' : 'en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  return parts.format(new Date(instant)).replace(',', '');
}
