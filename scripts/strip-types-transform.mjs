// Lets jest read TypeScript through Node's own type stripping: positions stay, so no source maps are needed.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

function process(source, path) {
  return { code: path.endsWith('.ts') ? stripTypeScriptTypes(source, { mode: 'strip' }) : source };
}

function getCacheKey(source, path) {
  return createHash('sha256').update(`${globalThis.process.version}\0${path}\0${source}`).digest('hex');
}

// Jest takes transforms as a default export only.
export default { process, getCacheKey };
