// The caller's language by Accept-Language: Russian or English, English when neither is named.

export const LANGUAGES = ['en', 'ru'] as const;
export type Language = (typeof LANGUAGES)[number];

const HEADER_LENGTH_MAX = 200;

export function languageOf(header: string | undefined): Language {
  if (header === undefined || header.length > HEADER_LENGTH_MAX) return 'en';
  const wishes = header
    .split(',')
    .map((part, order) => ({ ...wishOf(part), order }))
    .filter((wish) => wish.weight > 0)
    .sort((left, right) => right.weight - left.weight || left.order - right.order);
  for (const { tag } of wishes) {
    const known = LANGUAGES.find((language) => tag === language || tag.startsWith(`${language}-`));
    if (known !== undefined) return known;
  }
  return 'en';
}

function wishOf(part: string): { readonly tag: string; readonly weight: number } {
  const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { tag, weight: Number.isFinite(weight) ? weight : 0 };
}
