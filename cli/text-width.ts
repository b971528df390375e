// How many columns a text takes: by what a reader sees as one character, not by code units.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const characters = (text: string): readonly string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** East Asian characters would take two; none of our texts has them, and a name that does only shifts its own row. */
export const textWidth = (text: string): number => characters(text).length;

export const cutText = (text: string, width: number): string => characters(text).slice(0, width).join('');

export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? space + text : text + space;
}
