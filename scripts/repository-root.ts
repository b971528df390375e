// The folder of the checkout, so that scripts work from whatever folder they are called in.
import { dirname } from 'node:path';

export const repositoryRoot = dirname(import.meta.dirname);
