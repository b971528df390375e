// The managers of 001, one function each; what belongs to none of the four is the platform's.

import type { HttpFunction } from './http-function.ts';

export const MANAGERS = ['backup', 'recovery', 'validation', 'compliance', 'platform'] as const;
export type Manager = (typeof MANAGERS)[number];
export type HttpFunctions = Readonly<Record<Manager, HttpFunction>>;
