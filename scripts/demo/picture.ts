// Draws what the demonstration printed as an SVG terminal: the README's picture is a real run, not a drawing.
const FONT_SIZE = 13;
const LINE_HEIGHT = 19;
const CHARACTER_WIDTH = 7.83;
const MARGIN = 18;
const ESCAPE = String.fromCharCode(27);

interface Style {
  readonly fill: string;
  readonly weight: string;
}

const PLAIN: Style = { fill: '#d6deeb', weight: '400' };
const STYLES: Readonly<Record<string, Style>> = {
  '1': { fill: '#ffffff', weight: '600' },
  '2': { fill: '#8b98ad', weight: '400' },
  '31': { fill: '#ff6b6b', weight: '600' },
  '32': { fill: '#5fd38d', weight: '600' },
};

/** `text` is terminal output with SGR styles; longer lines than `columns` are cut. */
export function terminalPicture(text: string, columns = 134): string {
  // A throw-away key, but a picture of any recovery key teaches the wrong habit.
  const lines = text
    .trimEnd()
    .replaceAll(/(HFRK1)(-[A-Z0-9]{4})+/g, '$1-····-····-····-····-····')
    .split('\n');
  const width = Math.round(columns * CHARACTER_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const rows = lines.map((line, index) => row(line, MARGIN + (index + 1) * LINE_HEIGHT - 5, columns));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>What npm run demo prints: two stores backed up twice, damaged, restored and compared</title>',
    `<rect width="${width}" height="${height}" rx="8" fill="#101826"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" xml:space="preserve">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function row(line: string, y: number, columns: number): string {
  let column = 0;
  const spans = runs(line).map(({ text, style }) => {
    const shown = text.slice(0, Math.max(0, columns - column));
    const x = MARGIN + column * CHARACTER_WIDTH;
    column += text.length;
    return shown.trim() === ''
      ? ''
      : `<text x="${x.toFixed(1)}" y="${y}" fill="${style.fill}" font-weight="${style.weight}" textLength="${(shown.length * CHARACTER_WIDTH).toFixed(1)}">${escaped(shown)}</text>`;
  });
  return spans.join('');
}

/** Splits a line at its SGR codes. */
function runs(line: string): { text: string; style: Style }[] {
  const parts = line.split(new RegExp(`${ESCAPE}\\[(\\d+)m`));
  let style = PLAIN;
  return parts.flatMap((part, index) => {
    if (index % 2 === 0) return part === '' ? [] : [{ text: part, style }];
    style = STYLES[part] ?? PLAIN;
    return [];
  });
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
