// A file tree of a shop: texts, invoices, pictures that do not compress, links and names that are not ASCII.
import { createHash } from 'node:crypto';
import { appendFile, link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

const INVOICES = 400;
const PICTURES = 12;
const PICTURE_BYTES = 1_500_000;

/** Returns how many files it made. */
export async function createTree(root: string): Promise<number> {
  for (const folder of ['invoices', 'pictures', 'catalogue/pages', 'пустая папка'])
    await mkdir(path.join(root, folder), { recursive: true });
  for (let n = 1; n <= INVOICES; n++) await writeFile(path.join(root, 'invoices', `invoice-${n}.txt`), invoice(n));
  for (let n = 1; n <= PICTURES; n++)
    await writeFile(path.join(root, 'pictures', `picture-${n}.jpg`), noise(`picture ${n}`, PICTURE_BYTES));
  for (let n = 1; n <= 60; n++)
    await writeFile(
      path.join(root, 'catalogue/pages', `page-${n}.html`),
      `<h1>Page ${n}</h1>\n${'<p>text</p>\n'.repeat(200)}`,
    );
  await writeFile(
    path.join(root, 'catalogue', 'цены.csv'),
    Array.from({ length: 5000 }, (_, n) => `${n};${(n * 37) % 9000}`).join('\n'),
  );
  await symlink('pages/page-1.html', path.join(root, 'catalogue', 'first.html'));
  await link(path.join(root, 'invoices', 'invoice-1.txt'), path.join(root, 'invoices', 'newest.txt'));
  return INVOICES + PICTURES + 60 + 3;
}

export async function changeTree(root: string): Promise<void> {
  await appendFile(path.join(root, 'catalogue', 'цены.csv'), '\n5000;4711');
  await writeFile(path.join(root, 'invoices', `invoice-${INVOICES + 1}.txt`), invoice(INVOICES + 1));
  await rm(path.join(root, 'invoices', 'invoice-7.txt'));
}

const invoice = (n: number): string =>
  `Invoice ${n}\n${Array.from({ length: 20 }, (_, line) => `${line + 1}. Product ${(n * 31 + line) % 2000}: ${((n + line) * 13) % 5000}.00 RUB`).join('\n')}\n`;

/** Repeatable bytes that no compressor can shrink. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, n = 0; made < length; made += 64, n++)
    blocks.push(createHash('sha512').update(`${seed} ${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
