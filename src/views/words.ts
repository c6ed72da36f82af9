/** Small pieces of sentences. */
/** `1 file`, `2 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `a, b, c and 4 more`. */
export function listed(items: readonly string[], most = 3): string {
  if (items.length <= most) return items.join(', ');
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`;
}

/** First 7 digits of an object id. */
export function shortId(id: string): string {
  return id.slice(0, 7);
}

const DAY_MS = 86_400_000;
const DAYS_IN_400_YEARS = 146_097;

/** RFC 3339 in UTC with milliseconds, for years 1970 to 9999; anything else gives the epoch. */
export function timeOf(ms: number): string {
  const whole = ms >= 0 && ms < 253_402_300_800_000 ? Math.floor(ms) : 0;
  const { year, month, day } = civilOf(Math.floor(whole / DAY_MS));
  const rest = whole % DAY_MS;
  const clock = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1_000) % 60];
  const date = [String(year).padStart(4, '0'), two(month), two(day)].join('-');
  return `${date}T${clock.map(two).join(':')}.${String(rest % 1_000).padStart(3, '0')}Z`;
}

/** Gregorian date of a day counted from 1970-01-01: years are counted from March, so that the leap day comes last. */
function civilOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / DAYS_IN_400_YEARS);
  const dayOfEra = shifted - era * DAYS_IN_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `x` as one argument of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
