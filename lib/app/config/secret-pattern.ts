// Knows what a secret looks like in a configuration, to refuse it and to mask it wherever a line of the file is shown.

/** Keys whose literal value is a secret; the same key with a reference behind it is none. */
export const SECRET_KEY =
  /^(?!.*(ref|file|path)$).*(pass(word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)$/i;

/** `env:NAME` and `file:path` point to a secret and are none. */
export const REFERENCE = /^(env:[A-Za-z_]\w*|file:.+)$/;

interface SecretForm {
  readonly what: string;
  readonly pattern: RegExp;
}

/** Forms that are secrets under any key. The first group, when there is one, is the part that is masked. */
export const SECRET_FORMS: readonly SecretForm[] = [
  { what: 'a URL with a password', pattern: /:\/\/[^\s:@/]*:([^\s@/]+)@/ },
  { what: 'a password of a connection string', pattern: /\b(?:password|passwd|pwd)\s*=\s*([^\s;&'"]+)/i },
  { what: 'a token in a URL', pattern: /[?&](?:token|key|secret|sig|signature|api_?key|access_token)=([^\s&'"]+)/i },
  {
    what: 'a webhook URL that is a password by itself',
    pattern: /(?:hooks\.slack\.com\/services|discord(?:app)?\.com\/api\/webhooks|api\.telegram\.org)\/([^\s'"]+)/i,
  },
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { what: 'an access key', pattern: /\b((?:AKIA|ASIA)[0-9A-Z]{16})\b/ },
];

/** Says what kind of secret a value under a key is, or undefined when it is none. */
export function secretIn(key: string, value: string): string | undefined {
  const form = SECRET_FORMS.find(({ pattern }) => pattern.test(value));
  if (form !== undefined) return form.what;
  return SECRET_KEY.test(key) && !REFERENCE.test(value) ? `a literal value of "${key}"` : undefined;
}

const KEYED = /(["']?([\w-]+)["']?\s*:\s*)((?:"[^"]*")|(?:'[^']*')|[^\s,}\]#]+)/g;

/** The line with everything that looks like a secret replaced by `***`. */
export function maskSecrets(line: string): string {
  let masked = line.replaceAll(KEYED, (whole, head: string, key: string, value: string) => {
    const bare = value.replaceAll(/^["']|["']$/g, '');
    return SECRET_KEY.test(key) && !REFERENCE.test(bare) && !/^[[{]/.test(bare) ? `${head}***` : whole;
  });
  for (const { pattern } of SECRET_FORMS) {
    masked = masked.replaceAll(new RegExp(pattern.source, `${pattern.flags}g`), (whole, secret: unknown) =>
      typeof secret === 'string' ? whole.replace(secret, '***') : '***',
    );
  }
  return masked;
}
