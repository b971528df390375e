// Wrong on purpose: no such package.
import { nothing } from 'no-such-package-anywhere';

export const missing = nothing;
