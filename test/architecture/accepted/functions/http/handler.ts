// Right: the router knows the application.
import { wiring } from '../../lib/app/wiring.ts';

export const handler = wiring;
